using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>What a node says of itself and of its rows to one client. Each answer is one look at the node, under the shard's lock.</summary>
internal sealed class NodeReads(SimulatedShard shard, SimulatedNode node)
{
    private readonly PrimaryProof _proof = new();

    public NodeObservation Observe()
    {
        lock (shard.Lock)
        {
            return new NodeObservation(
                node.IsPrimary,
                node.History,
                NeedsHistory: node.IsPrimary && node.Log.History is null,
                node.IsPrimary ? node.Log.Flushed : node.Replay.Replayed,
                node.Incarnation);
        }
    }

    /// <exception cref="StoreFaultException">A replica hasn't replayed its history's name yet.</exception>
    public LogHistory History()
    {
        lock (shard.Lock)
        {
            if (!node.IsPrimary)
            {
                return node.History.IsNone ? throw Faults.WrongRole() : node.Log.History!;
            }
        }

        shard.NameHistory(node);
        return node.Log.History!;
    }

    public StoreRead<T> Run<T>(ReadGuard guard, Func<RowSet, T> read)
    {
        lock (shard.Lock)
        {
            return new StoreRead<T>(read(node.Rows), node.IsPrimary ? PrimaryStamp(guard) : ReplicaStamp());
        }
    }

    private ReadStamp PrimaryStamp(ReadGuard guard)
    {
        if (node.History.IsNone)
        {
            return new ReadStamp(IsPrimary: true, default, 0, ulong.MaxValue, node.Incarnation);
        }

        var end = node.Log.End;
        var proven = _proof.Renew(node.History, guard.ProveAtPrimary > 0, node.Pending.Count == 0 ? end : node.Pending[0].Start);
        return new ReadStamp(IsPrimary: true, node.History, proven, end, node.Incarnation);
    }

    private ReadStamp ReplicaStamp()
    {
        var replay = node.Replay;
        var seen = replay.Received == replay.Replayed ? replay.Replayed : replay.Replayed + 1;
        return new ReadStamp(IsPrimary: false, node.History, replay.Replayed, seen, node.Incarnation);
    }
}
