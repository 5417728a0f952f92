using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>A read as a node answers it: what it knew before, if it was asked, and after the rows.</summary>
internal readonly record struct RawRead<T>(T Value, LoStamp? Lo, HiStamp Hi, VisibilityProof? Proof);

/// <summary>What one node says of itself, in the words of the PostgreSQL store's questions. Under the shard's lock.</summary>
internal static class NodeLooks
{
    /// <summary>What is asked before the rows.</summary>
    public static LoStamp Lo(SimulatedNode node, TimeSpan now)
    {
        var history = node.Log.NamedUpTo(node.IsPrimary ? node.Log.End : node.Replay.Replayed);
        return new LoStamp(
            !node.IsPrimary,
            node.IsPrimary ? null : node.Replay.Replayed,
            node.IsPrimary || node.IsReceiving(now) ? node.Log.Timeline : null,
            ReadCommitted: true,
            history?.Id ?? default,
            history?.Timeline,
            node.Incarnation);
    }

    /// <summary>What is asked after the rows.</summary>
    public static HiStamp Hi(SimulatedNode node, TimeSpan now) => node.IsPrimary
        ? new HiStamp(InRecovery: false, null, null, node.Log.End, null)
        : new HiStamp(InRecovery: true, node.Replay.Replayed, node.Replay.Received, null, node.IsReceiving(now) ? node.Log.Timeline : null);

    /// <summary>What proves that a flushed position is visible: who may hold it back, and who is still in progress for a reader. Transactions are numbered as their records.</summary>
    public static VisibilityProof? Proof(SimulatedNode node)
    {
        if (!node.IsPrimary)
        {
            return null;
        }

        var running = new uint[node.Pending.Count];
        for (var i = 0; i < running.Length; i++)
        {
            running[i] = (uint)node.Pending[i].Index + 1;
        }

        var next = (uint)node.Log.Count + 1;
        var oldest = running.Length == 0 ? next : running.Min();
        return new VisibilityProof(node.Log.Flushed, running, [], $"{oldest}:{next}:{string.Join(',', running)}");
    }

    /// <summary>
    /// The history that a node is on with its ancestors, and up to where its log is known to be of it. A replica without a connection knows whose records it
    /// received last.
    /// </summary>
    /// <exception cref="StoreFaultException">Nobody has named it yet as far as the node knows, and a replica can't.</exception>
    public static (LogHistory History, ulong Reach) History(SimulatedNode node, TimeSpan now)
    {
        var log = node.Log;
        while (!node.IsPrimary && !node.IsReceiving(now) && log.Parent is { } parent && node.Replay.Received <= log.ForkedAt)
        {
            log = parent;
        }

        var known = node.IsPrimary ? log.End : node.Replay.Replayed;
        return log.History is { } history && log.NamedAt <= known
            ? (history, node.IsPrimary ? log.Flushed : node.Replay.Received)
            : throw Faults.WrongRole();
    }
}
