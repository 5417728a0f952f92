namespace WebsiteBuilder.Data.Execution;

/// <summary>Limits of coalescing. Immutable.</summary>
internal sealed record CoalescingPolicy
{
    public static readonly CoalescingPolicy Default = new();

    /// <summary>The most keys of one round trip.</summary>
    public int MaxKeys { get; init; } = 64;

    /// <summary>The most bytes that a round trip is expected to bring.</summary>
    public int MaxBytes { get; init; } = 256 * 1024;

    /// <summary>Rows of more bytes than this are fetched alone once they are known.</summary>
    public int LargeRow { get; init; } = 32 * 1024;

    /// <summary>The most reads that wait; more are throttled.</summary>
    public int MaxWaiting { get; init; } = 16_384;

    /// <summary>A read that hasn't gone out after so long is throttled: this process has no room for it, which says nothing against the node.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Round trips on their way at once before reads wait for one another, where a round trip is short.</summary>
    public int MinInFlight { get; init; } = 2;

    /// <summary>The same where round trips are long.</summary>
    public int MaxInFlight { get; init; } = 8;

    /// <summary>A read waits for about this long at most: for each such span that a round trip takes, one more may be on its way.</summary>
    public TimeSpan WaitStep { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// A further round trip waits for this share of those who usually go together, where ways are short: with less it would take the server as long, and the rest would wait for it. 0 to
    /// 1; the first of all waits for nobody.
    /// </summary>
    public double Gathering { get; init; } = 0.5;

    /// <summary>How many may be on their way, given how long one takes.</summary>
    public int InFlight(TimeSpan roundTrip) => (int)Math.Clamp(roundTrip / WaitStep, MinInFlight, MaxInFlight);
}
