namespace WebsiteBuilder.Data;

/// <summary>
/// Which nodes a read goes to by their role, before distance counts. It never changes what the answer promises, and has no effect at
/// <see cref="ConsistencyLevel.Strong"/>.
/// </summary>
public enum NodePreference
{
    /// <summary>Not said: the entity's policy decides; without one, <see cref="SparePrimary"/>.</summary>
    Unspecified = 0,

    /// <summary>The nearest; of those in the latency window replicas of the local region, then other replicas, then the primary.</summary>
    SparePrimary = 1,

    /// <summary>The nearest; of those in the latency window any.</summary>
    Nearest = 2,

    /// <summary>A replica, however far; the primary if no replica may answer.</summary>
    ReplicasFirst = 3,

    /// <summary>A replica. Without one that may answer, the read waits for one until its time is up: for work that must never burden the primary.</summary>
    ReplicasOnly = 4,

    /// <summary>The primary, however far; a replica if the primary doesn't answer.</summary>
    PrimaryFirst = 5,
}
