namespace WebsiteBuilder.Data.Conformance;

/// <summary>The one way in which live tests wait for what a server does on its own. It asks; it never runs a test again.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks until the answer is yes.</summary>
    /// <param name="condition">The question; an exception fails the test at once.</param>
    /// <param name="within">Default 10 s.</param>
    /// <param name="because">What was waited for, for the message.</param>
    public static Task TrueAsync(Func<Task<bool>> condition, TimeSpan? within = null, string because = "the condition holds") => TrueAsync(condition, within, () => because);

    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, TimeSpan?, string)"/>
    /// <param name="condition">The question.</param>
    /// <param name="within">How long to ask.</param>
    /// <param name="because">The same, put together when it was waited in vain: it can tell what was there instead.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, TimeSpan? within, Func<string> because)
    {
        var limit = within ?? TimeSpan.FromSeconds(10);
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
                Assert.Fail($"Waited {limit.TotalSeconds:0.#} s in vain until {because()}.");
            await Task.Delay(Interval, TimeProvider.System);
        }
    }

    /// <inheritdoc cref="TrueAsync(Func{Task{bool}}, TimeSpan?, string)"/>
    public static Task TrueAsync(Func<bool> condition, TimeSpan? within = null, string because = "the condition holds") =>
        TrueAsync(() => Task.FromResult(condition()), within, because);
}
