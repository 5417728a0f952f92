namespace WebsiteBuilder.Data.Stores;

/// <summary>What a node says of itself in one tiny question.</summary>
/// <param name="IsPrimary">Whether it takes writes.</param>
/// <param name="History">The history that it is on; none when it can't be confirmed.</param>
/// <param name="NeedsHistory">Whether the node is on a history that nobody has named yet, so that <see cref="IStoreEndpoint.ReadHistoryAsync"/> must be asked.</param>
/// <param name="Position">On a primary what is flushed, on a replica what is replayed.</param>
/// <param name="Incarnation">Changes when the server is started anew.</param>
internal readonly record struct NodeObservation(bool IsPrimary, HistoryId History, bool NeedsHistory, ulong Position, long Incarnation);

/// <summary>What a read must bring along besides its rows.</summary>
/// <param name="ProveAtPrimary">If a primary answers: the position that it should prove to be visible, 0 for none.</param>
/// <param name="AtReplica">If a replica answers: the position that it needs. A node that is known to have replayed that much need not be asked how far it is.</param>
internal readonly record struct ReadGuard(ulong ProveAtPrimary, ulong AtReplica)
{
    /// <summary>What brings along all that either of two asks for.</summary>
    public ReadGuard And(ReadGuard other) => new(Math.Max(ProveAtPrimary, other.ProveAtPrimary), Math.Max(AtReplica, other.AtReplica));
}

/// <summary>Positions taken around a read, in the same round trip.</summary>
/// <param name="IsPrimary">The node's role.</param>
/// <param name="History">The history that it is on; none when it couldn't be confirmed.</param>
/// <param name="Lo">What was surely visible to the read: replayed before it on a replica, the newest proof on a primary.</param>
/// <param name="Hi">On a primary at least all that its log held when the read ended. What whoever answers later must have, not to show less than this read may have shown.</param>
/// <param name="Incarnation">Changes when the server is started anew.</param>
internal readonly record struct ReadStamp(bool IsPrimary, HistoryId History, ulong Lo, ulong Hi, long Incarnation);

/// <summary>Rows and the stamp that they were read under.</summary>
internal readonly record struct StoreRead<T>(T Value, ReadStamp Stamp);

/// <summary>What a write must run under; anything else is refused by the node before it is applied.</summary>
/// <param name="History">The history that the node must be primary of.</param>
/// <param name="Durability">What to wait for before it is acknowledged.</param>
/// <param name="Operation">The rows by which its outcome can be found out later; null for none.</param>
/// <param name="Follows">What it must not be visible before; null if that needs nothing.</param>
internal readonly record struct WriteGuard(HistoryId History, WriteDurability Durability, OperationRows? Operation = null, Following? Follows = null);

/// <summary>
/// What a write's author has seen at replicas, which may show what the primary doesn't show yet: a commit that waits for its standbys. A write that waits for them as well is let go behind
/// it, because the server lets go of commits in the order of its log.
/// </summary>
/// <param name="Seen">All that was seen lies before this.</param>
/// <param name="SeenFor">For how long all that has been in the log, at least: a commit that was begun later can't have been seen.</param>
/// <param name="Instead">The durability to take if a commit still waits that may have been seen: one that was begun before, while the standbys that are waited for lack some of what was seen.</param>
internal readonly record struct Following(ulong Seen, TimeSpan SeenFor, WriteDurability Instead);

/// <summary>A committed write.</summary>
/// <param name="Position">Whoever has it, has the write.</param>
/// <param name="Version">The version left behind, 0 if the write didn't learn it.</param>
/// <param name="Reached">The durability that was reached.</param>
internal readonly record struct StoreWrite(ulong Position, long Version, WriteDurability Reached)
{
    /// <summary>
    /// Up to where the standbys that were waited for surely have the log: it may end before <see cref="Position"/>, which others' unconfirmed writes can push. Means nothing below
    /// <see cref="WriteDurability.RemoteWrite"/>.
    /// </summary>
    public ulong Confirmed { get; init; } = Position;
}

/// <summary>One endpoint of one store: the port between the engine and whatever speaks a protocol.</summary>
/// <remarks>All members throw <see cref="StoreFaultException"/> and nothing else, cancellation included. Thread-safe.</remarks>
internal interface IStoreEndpoint : IAsyncDisposable
{
    Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Has the node say anything at all, as soon as it can, also while all places for connections are taken by those who wait for it: a fault that the node itself reports is an
    /// answer, too.
    /// </summary>
    async Task<bool> PingAsync(CancellationToken cancellationToken)
    {
        await ObserveAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Reads the history that the node is on with all its ancestors. A primary on a history without a name gives it one first, so that two
    /// nodes promoted at one position differ.
    /// </summary>
    Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Observes a primary whose position will be taken as a sample: a position that replicas can reach even if nothing more is written.
    /// </summary>
    Task<NodeObservation> SampleAsync(CancellationToken cancellationToken);

    /// <summary>Where the node stands now: at its end the upper bound of all that anybody has been shown before.</summary>
    Task<ReadStamp> StampAsync(ReadGuard guard, CancellationToken cancellationToken);

    /// <summary>Commits a transaction that changes nothing, at a primary of this history, and says how durable it became.</summary>
    Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken);

    /// <summary>
    /// Closes the connections that nobody uses, and the others when they come back: for a node that went out of use, because what is open
    /// leads to what it was, and would be found dead by whoever comes first when it is used again.
    /// </summary>
    void Drain()
    {
    }
}
