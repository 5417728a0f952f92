namespace WebsiteBuilder.Data;

/// <summary>What one read asks for. A <see langword="null"/> member means: as the entity's policy says, then the client's default.</summary>
public sealed record ReadOptions
{
    /// <summary>The promise that the answer must keep. Default: the policy's, then <see cref="ConsistencyLevel.Session"/>.</summary>
    public ConsistencyLevel? Consistency { get; init; }

    /// <summary>
    /// The bound for <see cref="ConsistencyLevel.BoundedStaleness"/>: 0 to 7 days. Default: the client's, 5 s.
    /// Bounds below the client's position sample interval plus the round trip are in practice met by the primary only. The client keeps
    /// 4,096 samples: while the log moves with each, an age beyond 4,096 intervals (17 minutes by default) is unknown, and no replica
    /// that far behind meets any bound.
    /// </summary>
    public TimeSpan? MaxStaleness { get; init; }

    /// <summary>What a <see cref="ConsistencyLevel.Strong"/> read does against an isolated old primary; without effect at other levels. Default: the policy's, then none.</summary>
    public StrongReadBarrier? Barrier { get; init; }

    /// <summary>The longest time that the whole read may take, waits and other attempts included: above 0, up to 1 hour. Default: the client's, 10 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Whether a <see cref="ConsistencyLevel.BoundedStaleness"/> read may be answered by a node whose staleness can't be bounded, because
    /// no primary is reachable. The answer then says so (<see cref="RouteReason.ServedStale"/>) and how old it may be. Default: false.
    /// </summary>
    public bool? ServeStale { get; init; }

    /// <summary>
    /// Ask the nodes of this region only; the primary too must be there for a <see cref="ConsistencyLevel.Strong"/> read. If no node of the
    /// region may answer, the read waits for one until its time is up. Default: any region.
    /// </summary>
    public RegionId? Region { get; init; }

    /// <summary>Which nodes are asked by their role; without effect at <see cref="ConsistencyLevel.Strong"/>. Default: the policy's, then <see cref="NodePreference.SparePrimary"/>.</summary>
    public NodePreference? Nodes { get; init; }

    /// <summary>Which nodes are asked by their labels (<c>EndpointOptions.Labels</c>); without effect at <see cref="ConsistencyLevel.Strong"/>. Default: the policy's, then any.</summary>
    public LabelPreference? Labels { get; init; }

    /// <summary>Whether to read from the store even if a cache layer could answer. Without effect in this version, which has no cache. Default: false.</summary>
    public bool? BypassCache { get; init; }
}

/// <summary>What one write asks for. A <see langword="null"/> member means: as the entity's policy says, then the client's default.</summary>
public sealed record WriteOptions
{
    /// <summary>The longest idempotency key, in characters.</summary>
    public const int MaxIdempotencyKeyLength = 128;

    /// <summary>
    /// How durable the write should be before it is acknowledged; <see cref="WriteResult.Reached"/> says how durable it was. Default: the
    /// policy's, then the client's, <see cref="WriteDurability.RemoteFlush"/>.
    /// </summary>
    public WriteDurability? Durability { get; init; }

    /// <summary>
    /// A name for this write, 1 to 128 characters: the same write sent again under the same name, by any process, is applied once, and each
    /// call returns the version of the first. Remembered for 24 hours, among writes to the same table and territory; another write under the same name
    /// is refused with <see cref="ConflictKind.IdempotencyKeyReused"/>. Choose it at random: the store keeps a hash of it, which doesn't hide what can be
    /// guessed. For repositories only. Default: none.
    /// </summary>
    /// <remarks>
    /// The same write means the same operation, key, expected version and stored values; build the entity once and send it again as it is. A
    /// first call that ended with <see cref="ConflictKind.NotFound"/> or <see cref="ConflictKind.VersionMismatch"/> is remembered, too. Any other failure is
    /// not: the next call tries anew. Makes the write resolvable, whatever <see cref="EntityPolicy.Resolvable"/> says.
    /// </remarks>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// The longest time that the whole write may take, waiting for a primary included: above 0, up to 1 hour. Default: the client's, 10 s.
    /// Running out of it while an attempt is on its way is ambiguous, unless the write is resolvable and the primary still answers: up to 1 s of this time,
    /// a quarter at most, is kept for asking.
    /// </summary>
    public TimeSpan? Timeout { get; init; }
}
