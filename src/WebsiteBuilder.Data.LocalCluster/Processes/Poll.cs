namespace WebsiteBuilder.Data.Clusters;

/// <summary>Waits for what the servers don't announce.</summary>
internal static class Poll
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Asks until the answer is yes; an answer that never comes counts as no.</summary>
    /// <exception cref="LocalClusterException">The time is over. The message ends with <paramref name="details"/>.</exception>
    public static async Task UntilAsync(
        Func<CancellationToken, ValueTask<bool>> condition,
        string what,
        TimeSpan timeout,
        Func<string>? details,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            while (!await condition(either.Token).ConfigureAwait(false))
                await Task.Delay(Interval, TimeProvider.System, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LocalClusterException($"Waited {timeout.TotalSeconds:0.#} s in vain until {what}. {details?.Invoke()}".TrimEnd(), error);
        }
    }

    public static Task UntilAsync(
        Func<bool> condition, string what, TimeSpan timeout, Func<string>? details, CancellationToken cancellationToken) =>
        UntilAsync(_ => ValueTask.FromResult(condition()), what, timeout, details, cancellationToken);
}
