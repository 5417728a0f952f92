namespace WebsiteBuilder.Data.RealTime;

/// <summary>Checks of arguments.</summary>
internal static class Bounds
{
    /// <exception cref="ArgumentOutOfRangeException">The value is below the least or above the most.</exception>
    public static void Require<T>(T value, T least, T most, string name)
        where T : IComparable<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, least, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, most, name);
    }

    /// <summary>A span in whole milliseconds, begun ones included.</summary>
    public static long Milliseconds(TimeSpan span) => (span.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
}
