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
    TimeSpan PositionSampleInterval);
