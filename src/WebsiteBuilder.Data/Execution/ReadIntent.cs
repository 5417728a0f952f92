using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>What one read must keep, all defaults resolved.</summary>
/// <param name="Level">The level.</param>
/// <param name="MaxStaleness">The bound, at bounded staleness.</param>
/// <param name="Timeout">For the whole read.</param>
/// <param name="ServeStale">Whether an unbounded age is accepted when no primary is reachable.</param>
/// <param name="Only">The only region that may answer.</param>
/// <param name="Barrier">Whether the primary must show after its answer that its synchronous standbys still follow it.</param>
/// <param name="Nodes">Which roles are asked first.</param>
/// <param name="Labels">Which labels are asked first; null for any.</param>
internal readonly record struct ReadIntent(
    ConsistencyLevel Level,
    TimeSpan MaxStaleness,
    TimeSpan Timeout,
    bool ServeStale,
    RegionId Only,
    bool Barrier = false,
    NodePreference Nodes = default,
    LabelPreference? Labels = null);

/// <summary>What one write must keep, all defaults resolved.</summary>
/// <param name="Durability">What to wait for.</param>
/// <param name="Timeout">For the whole write.</param>
/// <param name="Resolvable">Whether it leaves an operation row, by which a missing answer is found out.</param>
/// <param name="Key">What its idempotency key makes of it; null without one.</param>
internal readonly record struct WriteIntent(WriteDurability Durability, TimeSpan Timeout, bool Resolvable = false, KeyedOperation? Key = null);

/// <summary>One read as the engine runs it, possibly several times, at whichever node it chooses.</summary>
internal interface IReadOperation<TResult>
{
    /// <summary>Its name in errors, such as <c>users.find</c>.</summary>
    string Name { get; }

    /// <summary>The hash of the only key that it reads; null for more.</summary>
    uint? KeyHash { get; }

    /// <summary>Whether its result shows the caller something, which the session then has seen.</summary>
    bool ShowsRows { get; }

    Task<StoreRead<TResult>> RunAsync(IStoreEndpoint endpoint, ReadGuard guard, CancellationToken cancellationToken);
}

/// <summary>A read of one key that shares round trips with others at the same endpoint.</summary>
internal interface IPointOperation<TEntity, TKey> : IReadOperation<TEntity?>
    where TEntity : class
    where TKey : notnull
{
    /// <summary>Those that it shares round trips with at an endpoint.</summary>
    PointReads<TEntity, TKey> ReadsAt(IEntityStore store);
}

/// <summary>One write as the engine runs it.</summary>
internal interface IWriteOperation
{
    /// <summary>Its name in errors, such as <c>users.insert</c>.</summary>
    string Name { get; }

    /// <summary>The hash of the one key that it writes without learning anything of what was there; null for any other write.</summary>
    uint? BlindKeyHash { get; }

    /// <summary>When it may be run once more. Asked after an attempt failed.</summary>
    Repetition Repeats { get; }

    /// <summary>What the written data demands, once that is known: the write is made no less durable. Unspecified for nothing.</summary>
    WriteDurability AtLeast { get; }

    /// <summary>Makes sure that an attempt that was left is never sent; false if it may have been.</summary>
    bool TryCallOff();

    Task<StoreWrite> RunAsync(IStoreEndpoint endpoint, WriteGuard guard, CancellationToken cancellationToken);
}

/// <summary>When a write may be run once more after it surely was not applied.</summary>
internal enum Repetition
{
    /// <summary>Never: what led to it may not happen twice.</summary>
    Never = 0,

    /// <summary>When it never arrived, or was lost on the way.</summary>
    WhenLost = 1,

    /// <summary>Also when a concurrent transaction contradicted it.</summary>
    WhenContradicted = 2,
}
