using System.Runtime.CompilerServices;

namespace WebsiteBuilder.Data.Routing;

/// <summary>What a read asks of the planner.</summary>
/// <param name="Level">The level.</param>
/// <param name="MaxStaleness">The bound, at bounded staleness.</param>
/// <param name="Only">The only region that may answer; the default value for any.</param>
/// <param name="Excluded">Endpoints that have failed in this read already.</param>
/// <param name="Behind">Endpoints that have shown in this read that they lack the required position, whatever was thought of them before.</param>
/// <param name="BegunAt">When the read began; null for now.</param>
/// <param name="Nodes">Which roles are asked first.</param>
/// <param name="Labels">Which labels are asked first; null for any.</param>
internal readonly record struct RouteRequest(
    ConsistencyLevel Level,
    TimeSpan MaxStaleness,
    RegionId Only,
    UInt128 Excluded,
    UInt128 Behind = default,
    TimeSpan? BegunAt = null,
    NodePreference Nodes = default,
    LabelPreference? Labels = null)
{
    /// <summary>Whether roles or labels count; if not, a node's rank needs no look at them.</summary>
    public bool Prefers => Level != ConsistencyLevel.Strong
        && (Labels is not null || Nodes is NodePreference.ReplicasFirst or NodePreference.ReplicasOnly or NodePreference.PrimaryFirst);

    /// <summary>Whether anybody may be asked who can be read, and only distance and how it is doing count: as nearly all reads are.</summary>
    public bool IsPlain => !Prefers && Level != ConsistencyLevel.BoundedStaleness && Excluded == 0 && Only.IsUnspecified;
}

/// <summary>Endpoints to try, best first, and how long to wait before the first is expected to be ready.</summary>
internal readonly struct RoutePlan
{
    /// <summary>How many endpoints a plan names; a read that needs more plans again.</summary>
    public const int MaxSteps = 4;

    private readonly Steps _steps;

    public RoutePlan(ReadOnlySpan<byte> endpoints, TimeSpan wait, RouteReason reason)
    {
        Count = Math.Min(endpoints.Length, MaxSteps);
        for (var step = 0; step < Count; step++)
        {
            _steps[step] = endpoints[step];
        }

        Wait = wait;
        Reason = reason;
    }

    public int Count { get; }

    /// <summary>How long the first endpoint is expected to need before it has the required position; zero for now.</summary>
    public TimeSpan Wait { get; }

    /// <summary>Why the first endpoint comes first.</summary>
    public RouteReason Reason { get; }

    public int this[int step] => _steps[step];

    [InlineArray(MaxSteps)]
    private struct Steps
    {
        private byte _first;
    }
}
