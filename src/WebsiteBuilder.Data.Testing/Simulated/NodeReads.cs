using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// Reads of one client at one node. What the node says, and what the client makes of it, are apart, as the network is between them; the latter uses what the
/// PostgreSQL store uses, so that a simulated answer proves no more than a real one.
/// </summary>
internal sealed class NodeReads(SimulatedShard shard, SimulatedNode node)
{
    private readonly VisibilityLedger _ledger = new();
    private readonly ConfirmedReach _reach = new();
    private volatile bool _wasPrimary;

    /// <summary>Whether a read is to bring a proof along: only where a primary is expected.</summary>
    public bool Proves(ReadGuard guard) => guard.ProveAtPrimary > 0 && _wasPrimary;

    /// <summary>Take it before a read is sent.</summary>
    public VisibilityMark Mark() => _ledger.Mark();

    /// <summary>At the node: who it is, and what is flushed there.</summary>
    public (LoStamp Lo, ulong Flushed) Look()
    {
        lock (shard.Lock)
        {
            shard.NoteIdle(node);
            return (NodeLooks.Lo(node, shard.Now), node.IsPrimary ? node.Log.Flushed : 0);
        }
    }

    /// <summary>At the client: what that means.</summary>
    public NodeObservation Observation((LoStamp Lo, ulong Flushed) look)
    {
        var stamp = look.Lo;
        _wasPrimary = !stamp.InRecovery;
        var position = stamp.InRecovery ? stamp.Replayed ?? 0 : look.Flushed;
        if (stamp.OnNamedHistory)
        {
            if (stamp.InRecovery)
            {
                _reach.Confirm(stamp.NamedHistory, position);
            }

            return new NodeObservation(!stamp.InRecovery, stamp.NamedHistory, NeedsHistory: false, position, stamp.Incarnation);
        }

        var sure = stamp.InRecovery && stamp.Timeline is null && _reach.Covers(stamp.NamedHistory, position);
        var ask = !stamp.InRecovery || (stamp.Timeline is null && !sure);
        return new NodeObservation(!stamp.InRecovery, sure ? stamp.NamedHistory : default, ask, position, stamp.Incarnation);
    }

    /// <summary>At the node: its history, which a primary names if nobody has.</summary>
    /// <exception cref="StoreFaultException">A replica hasn't replayed its history's name yet.</exception>
    public (LogHistory History, ulong Reach) History()
    {
        if (node.IsPrimary)
        {
            shard.NameHistory(node);
        }

        lock (shard.Lock)
        {
            return NodeLooks.History(node, shard.Now);
        }
    }

    /// <summary>At the client.</summary>
    public LogHistory Confirmed((LogHistory History, ulong Reach) told)
    {
        _reach.Confirm(told.History.Id, told.Reach);
        return told.History;
    }

    /// <summary>At the node: the rows between the two looks, which time may pass between.</summary>
    public async Task<RawRead<T>> RunAsync<T>(bool prove, Func<RowSet, T> read, long incarnation)
    {
        if (node.CancelsRead())
        {
            throw Faults.ReplayConflict();
        }

        if (!node.SplitsRead())
        {
            lock (shard.Lock)
            {
                shard.NoteIdle(node);
                var proven = prove ? NodeLooks.Proof(node) : null;
                return new RawRead<T>(read(node.Rows), NodeLooks.Lo(node, shard.Now), NodeLooks.Hi(node, shard.Now), proven);
            }
        }

        VisibilityProof? proof;
        LoStamp lo;
        lock (shard.Lock)
        {
            proof = prove ? NodeLooks.Proof(node) : null;
            lo = NodeLooks.Lo(node, shard.Now);
        }

        await shard.PauseAsync().ConfigureAwait(false);
        T value;
        lock (shard.Lock)
        {
            node.RequireRunningSince(incarnation, SimulatedOperations.Reads);
            value = read(node.Rows);
        }

        await shard.PauseAsync().ConfigureAwait(false);
        lock (shard.Lock)
        {
            node.RequireRunningSince(incarnation, SimulatedOperations.Reads);
            return new RawRead<T>(value, lo, NodeLooks.Hi(node, shard.Now), proof);
        }
    }

    /// <summary>At the client: what the answer proves.</summary>
    /// <exception cref="StoreFaultException">The node was promoted, or followed another, during the read.</exception>
    public StoreRead<T> Stamped<T>(RawRead<T> read, VisibilityMark sent)
    {
        var (lo, hi) = (read.Lo, read.Hi);
        _wasPrimary = !lo.InRecovery;
        return lo.InRecovery != hi.InRecovery
            ? throw Faults.WrongRole()
            : new StoreRead<T>(read.Value, lo.InRecovery ? Replica(lo, hi) : Primary(lo, hi, sent, read.Proof));
    }

    private ReadStamp Replica(LoStamp lo, HiStamp hi)
    {
        var history = lo.NamedHistory;
        var (replayed, replayedAfter) = (lo.Replayed ?? 0, hi.Replayed ?? 0);
        if (lo.OnNamedHistory)
        {
            // What was received counts if the receiver was still on the timeline after that.
            _reach.Confirm(history, hi.Timeline == lo.Timeline ? Math.Max(replayed, hi.Received ?? 0) : replayed);
        }
        else if (lo.Timeline is not null || !_reach.Covers(history, replayedAfter))
        {
            history = default;
        }

        return new ReadStamp(IsPrimary: false, history, replayed, LogPosition.SeenOnReplica(replayedAfter, hi.Received), lo.Incarnation);
    }

    private ReadStamp Primary(LoStamp lo, HiStamp hi, VisibilityMark sent, VisibilityProof? proof)
    {
        if (!lo.OnNamedHistory)
        {
            return new ReadStamp(IsPrimary: true, default, 0, ulong.MaxValue, lo.Incarnation);
        }

        var history = lo.NamedHistory;
        var proven = proof is null ? sent.ProvenOn(history) : _ledger.Prove(sent, history, proof);
        return new ReadStamp(IsPrimary: true, history, proven, hi.Inserted ?? 0, lo.Incarnation);
    }
}
