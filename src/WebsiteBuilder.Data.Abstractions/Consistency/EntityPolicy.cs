namespace WebsiteBuilder.Data;

/// <summary>
/// Defaults of one data set, chosen by what its data is worth. Immutable; <see cref="Default"/> says nothing and leaves all to the client.
/// A call's own options come first, then the policy, then the client.
/// </summary>
/// <remarks>
/// PostgreSQL has no per-table <c>synchronous_commit</c>: durability is set per transaction, which is what a policy does.
/// </remarks>
public sealed record EntityPolicy
{
    /// <summary>Nothing said.</summary>
    public static EntityPolicy Default { get; } = new();

    /// <summary>Money, stock, accounts: reads at the primary, writes applied on the synchronous standbys, if the server has any.</summary>
    public static EntityPolicy Critical { get; } = new() { Consistency = ConsistencyLevel.Strong, Durability = WriteDurability.RemoteApply };

    /// <summary>Carts, documents in work, profiles: a session sees what it did; writes flushed on the synchronous standbys.</summary>
    public static EntityPolicy SessionScoped { get; } = new() { Consistency = ConsistencyLevel.Session, Durability = WriteDurability.RemoteFlush };

    /// <summary>Preferences, analytics: any replica, writes flushed on the primary only.</summary>
    public static EntityPolicy Relaxed { get; } = new() { Consistency = ConsistencyLevel.Eventual, Durability = WriteDurability.Local };

    /// <summary>The level of reads that don't say one. Default: the client's.</summary>
    public ConsistencyLevel? Consistency { get; init; }

    /// <summary>The bound of <see cref="ConsistencyLevel.BoundedStaleness"/> reads that don't say one: 0 to 7 days, checked by each read. Default: the client's.</summary>
    public TimeSpan? MaxStaleness { get; init; }

    /// <summary>The barrier of <see cref="ConsistencyLevel.Strong"/> reads that don't say one. Default: none.</summary>
    public StrongReadBarrier? Barrier { get; init; }

    /// <summary>Which nodes are asked by their role; without effect at <see cref="ConsistencyLevel.Strong"/>. Default: <see cref="NodePreference.SparePrimary"/>.</summary>
    public NodePreference? Nodes { get; init; }

    /// <summary>Which nodes are asked by their labels (<c>EndpointOptions.Labels</c>); without effect at <see cref="ConsistencyLevel.Strong"/>. Default: any.</summary>
    public LabelPreference? Labels { get; init; }

    /// <summary>The durability of writes that don't say one. Default: the client's.</summary>
    public WriteDurability? Durability { get; init; }

    /// <summary>
    /// Whether writes leave an operation row, in their own transaction and round trip, by which a missing answer is found out: an
    /// <see cref="AmbiguousWriteException"/> is left then only for a primary that can't be asked before the deadline. Costs a small row in <c>wbd.operation</c> for
    /// about two hours. Off, a lost connection is ambiguous at once. Default: on.
    /// </summary>
    public bool? Resolvable { get; init; }

    /// <summary>
    /// Whether reads of one key that are under way at once share round trips: those that come while some are on their way to the same node go out together. Each keeps its own
    /// level, deadline, cancellation and answer; without load nothing waits. Switch it off for an entity whose rows take the server very differently long. Default: on.
    /// </summary>
    public bool? Coalesced { get; init; }
}
