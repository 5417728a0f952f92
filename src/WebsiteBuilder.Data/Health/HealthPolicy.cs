namespace WebsiteBuilder.Data.Health;

/// <summary>How health is judged and how often nodes are asked. Immutable.</summary>
/// <param name="ProbeInterval">Between probes of a node that is well.</param>
/// <param name="RecheckInterval">Between probes of a node that is unhealthy, unknown, behind, or whose round trips disagree.</param>
/// <param name="ProbeTimeout">For one probe.</param>
/// <param name="FailuresToLeave">Failures in a row that take a node out of rotation.</param>
/// <param name="SuccessesToReturn">Successes in a row that bring it back.</param>
/// <param name="PositionSampleInterval">Between samples of the primary's position.</param>
internal sealed record HealthPolicy(
    TimeSpan ProbeInterval,
    TimeSpan RecheckInterval,
    TimeSpan ProbeTimeout,
    int FailuresToLeave,
    int SuccessesToReturn,
    TimeSpan PositionSampleInterval)
{
    /// <summary>How long a node may say nothing at all while somebody waits for it.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>For how long a node must be seen to be well before it is back.</summary>
    public TimeSpan ReturnDelay { get; init; } = TimeSpan.Zero;

    /// <summary>The longest that a node is held back because it fails, or is slow, again and again.</summary>
    public TimeSpan LongestHold { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How many times longer than its peers' a node's answers take that is set aside.</summary>
    public double SlowFactor { get; init; } = 4;
}
