namespace WebsiteBuilder.Data;

/// <summary>What an endpoint is, as far as is known.</summary>
public enum EndpointRole
{
    /// <summary>Never seen, or it doesn't answer.</summary>
    Unknown = 0,

    /// <summary>Follows the shard's current history.</summary>
    Replica = 1,

    /// <summary>The primary of the shard's current history.</summary>
    Primary = 2,

    /// <summary>Claims to be primary, or follows a log, of a history that isn't the shard's current one. It takes no writes, and reads only up to the point where the histories part.</summary>
    Superseded = 3,
}

/// <summary>Whether an endpoint is in rotation.</summary>
public enum EndpointHealth
{
    /// <summary>Not enough evidence yet; it may be asked when nothing better is there.</summary>
    Unknown = 0,

    /// <summary>In rotation.</summary>
    Healthy = 1,

    /// <summary>Out of rotation until probes succeed again.</summary>
    Unhealthy = 2,
}

/// <summary>Whether a shard takes writes, and if not, why.</summary>
public enum ShardState
{
    /// <summary>No primary is known, or the known one is out of rotation.</summary>
    NoPrimary = 0,

    /// <summary>One primary is known and its history is confirmed.</summary>
    Writable = 1,

    /// <summary>
    /// Two nodes claim to be primary of one timeline. Writes stop until one of them answers as something else, such as a replica of the
    /// other: a node that only stops answering keeps its claim for as long as this client lives.
    /// </summary>
    TwinPrimaries = 2,

    /// <summary>
    /// A primary runs on a history that lacks writes which were acknowledged to this client at quorum durability, or that has nothing in
    /// common with the known history. Writes stop. There is no way yet to allow it: a client that is made anew knows nothing of the lost
    /// writes and follows.
    /// </summary>
    HistoryRefused = 3,
}

/// <summary>One endpoint at the time of a snapshot.</summary>
/// <param name="Name">The configured name.</param>
/// <param name="Region">Where it runs.</param>
/// <param name="Role">What it is.</param>
/// <param name="Health">Whether it is in rotation.</param>
public sealed record EndpointSnapshot(string Name, RegionId Region, EndpointRole Role, EndpointHealth Health);

/// <summary>One shard at the time of a snapshot.</summary>
/// <param name="Id">The shard.</param>
/// <param name="Name">The configured name.</param>
/// <param name="State">Whether it takes writes.</param>
/// <param name="WriteRegion">The primary's region, also while it is out of rotation; the default value when there is none.</param>
/// <param name="Endpoints">All configured endpoints, in the configured order.</param>
public sealed record ShardSnapshot(ShardId Id, string Name, ShardState State, RegionId WriteRegion, IReadOnlyList<EndpointSnapshot> Endpoints);

/// <summary>
/// What the client knows of all shards, immutable and numbered. Each change of a role, a health or a history makes a new one;
/// fast-moving estimates (round trips, lag) are not part of it.
/// </summary>
public sealed class TopologySnapshot
{
    /// <summary>Makes a snapshot.</summary>
    /// <param name="epoch">Its number, 0 or more: 1 for a client's first; each later one is one more.</param>
    /// <param name="shards">The shards, ordered by id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is negative.</exception>
    public TopologySnapshot(long epoch, IReadOnlyList<ShardSnapshot> shards)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(epoch);
        ArgumentNullException.ThrowIfNull(shards);
        Epoch = epoch;
        Shards = shards;
    }

    /// <summary>The number of this snapshot; grows by one with each change.</summary>
    public long Epoch { get; }

    /// <summary>The shards, ordered by id.</summary>
    public IReadOnlyList<ShardSnapshot> Shards { get; }
}
