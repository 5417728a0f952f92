using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// Writes at one node. A commit is in the log at once and goes to the replicas; the primary shows and acknowledges it only when the standbys
/// that it must wait for have it. The wait ends with the node, never with the caller.
/// </summary>
internal sealed class NodeWrites(SimulatedCluster cluster, SimulatedShard shard, SimulatedNode node)
{
    public async Task<StoreWrite> RunAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, long incarnation)
        where TEntity : class
        where TKey : notnull
    {
        while (true)
        {
            var changed = shard.Changed;
            if (TryCommit(map, write, guard, incarnation) is { } commit)
            {
                // Waiters for the row, and for the standbys, look again.
                shard.Step();
                return await ConfirmAsync(commit, guard.Durability, incarnation).ConfigureAwait(false);
            }

            await changed.ConfigureAwait(false);
        }
    }

    /// <summary>Commits a record that changes no row.</summary>
    public async Task<StoreWrite> BarrierAsync(WriteGuard guard, long incarnation)
    {
        Commit commit;
        lock (shard.Lock)
        {
            RequirePrimary(guard, incarnation);
            commit = Append(change: null, version: 0);
        }

        shard.Step();
        return await ConfirmAsync(commit, guard.Durability, incarnation).ConfigureAwait(false);
    }

    /// <summary>Commits, unless another commit holds the row; null then.</summary>
    private Commit? TryCommit<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, long incarnation)
        where TEntity : class
        where TKey : notnull
    {
        lock (shard.Lock)
        {
            RequirePrimary(guard, incarnation);
            if (node.Pending.Block(WriteDecision.KeyOf(map, write.Key)))
            {
                return null;
            }

            var decision = WriteDecision.Of(map, write, node.Rows, cluster.RulesOf(map.Table), node.Log.End);
            if (decision.Change is not { } change)
            {
                return new Commit(null, node.Log.End, decision.Version);
            }

            if (node.Pending.Block(change))
            {
                return null;
            }

            return Append(change, decision.Version);
        }
    }

    /// <summary>Called under the lock.</summary>
    private void RequirePrimary(WriteGuard guard, long incarnation)
    {
        node.RequireRunningSince(incarnation, SimulatedOperations.Writes);
        if (!node.IsPrimary || node.Log.History?.Id != guard.History)
        {
            throw Faults.WrongRole();
        }
    }

    /// <summary>Called under the lock.</summary>
    private Commit Append(RowChange? change, long version)
    {
        var record = shard.Append(node, change);
        node.Pending.Add(record);
        shard.Replicate();
        return new Commit(record, record.End, version);
    }

    private async Task<StoreWrite> ConfirmAsync(Commit commit, WriteDurability durability, long incarnation)
    {
        while (true)
        {
            var changed = shard.Changed;
            if (TryShow(commit, durability, incarnation))
            {
                shard.Step();
                return new StoreWrite(commit.Position, commit.Version, shard.Reached(node, durability));
            }

            await changed.ConfigureAwait(false);
        }
    }

    private bool TryShow(Commit commit, WriteDurability durability, long incarnation)
    {
        lock (shard.Lock)
        {
            node.RequireRunningSince(incarnation, SimulatedOperations.Writes);
            if (commit.Record is not { } record)
            {
                return true;
            }

            if (!shard.IsConfirmed(node, record, durability))
            {
                return false;
            }

            node.Pending.Remove(record);
            node.Rows.Apply(record.Change);
            return true;
        }
    }

    private sealed record Commit(LogRecord? Record, ulong Position, long Version);
}
