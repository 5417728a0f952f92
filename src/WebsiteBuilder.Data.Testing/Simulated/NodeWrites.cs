using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// Writes at one node. A commit is in the log at once and goes to the replicas; the primary shows and acknowledges it only when the standbys
/// that it must wait for have it. The wait ends with the node, or when the server is asked to cancel it: the commit stands then, and is visible, but isn't
/// replicated.
/// </summary>
internal sealed class NodeWrites(SimulatedCluster cluster, SimulatedShard shard, SimulatedNode node)
{
    public Task<StoreWrite> RunAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, WriteWait wait, long incarnation)
        where TEntity : class
        where TKey : notnull => RunAsync(() => TryCommit(map, write, guard, incarnation), guard, wait, incarnation);

    /// <summary>Inserts rows by one record: all of them or none.</summary>
    public Task<StoreWrite> InsertManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, WriteGuard guard, WriteWait wait, long incarnation)
        where TEntity : class
        where TKey : notnull => RunAsync(() => TryCommit(map, entities, guard, incarnation), guard, wait, incarnation);

    private async Task<StoreWrite> RunAsync(Func<Commit?> tryCommit, WriteGuard guard, WriteWait wait, long incarnation)
    {
        var commit = await CommitAsync(tryCommit, SimulatedOperations.Writes, wait).ConfigureAwait(false);
        if (commit.Record is not null && node.CommitsLate())
        {
            await shard.PauseAsync().ConfigureAwait(false);
        }

        var stored = await ConfirmAsync(commit, guard.Durability, wait, incarnation).ConfigureAwait(false);
        return commit.Unmatched == ConflictKind.Unspecified ? stored : throw WriteDecision.NothingMatched(commit.Unmatched, stored.Position);
    }

    /// <summary>Finds out how an operation ended, once no commit is on its way that may decide it.</summary>
    public async Task<StoredOperation> ResolveAsync(Guid id, bool abandon, WriteGuard guard, WriteWait wait, long incarnation)
    {
        OperationRow? row = null;
        var commit = await CommitAsync(() => TryAnswer(id, abandon, guard, incarnation, out row), SimulatedOperations.Resolutions, wait).ConfigureAwait(false);
        var write = await ConfirmAsync(commit, guard.Durability, wait, incarnation).ConfigureAwait(false);
        return new StoredOperation(row?.Outcome ?? OperationOutcome.None, row?.Version ?? 0, row?.Request, write.Position, write.Reached);
    }

    /// <summary>Lets a transaction read, once no other one is in the way of what it writes or locks.</summary>
    public async Task<IReadOnlyList<KeyedRow>> ReadAsync(
        NodeTransaction transaction, RowSelection selection, RowLock rowLock, IReadOnlyList<StagedWrite> before, WriteWait wait, long incarnation)
    {
        var next = 0;
        var read = await InAsync(transaction, TryRead, SimulatedOperations.Reads, wait).ConfigureAwait(false);
        return read.Rows;

        Answer? TryRead()
        {
            transaction.Require(incarnation, SimulatedOperations.Reads);
            return TryApply(transaction, before, ref next) && transaction.TryRead(selection, rowLock) is { } rows ? new Answer(rows) : null;
        }
    }

    /// <summary>Commits a transaction by one record.</summary>
    public async Task<TransactionCommit> CommitAsync(
        NodeTransaction transaction, IReadOnlyList<StagedWrite> writes, WriteDurability durability, Following? follows, OperationRows? operation, WriteWait wait, long incarnation)
    {
        var next = 0;
        var commit = await InAsync(transaction, TryCommit, SimulatedOperations.Writes, wait).ConfigureAwait(false);
        if (commit.Record is not null && node.CommitsLate())
        {
            await shard.PauseAsync().ConfigureAwait(false);
        }

        var write = await ConfirmAsync(commit, durability, wait, incarnation).ConfigureAwait(false);
        return new TransactionCommit(write, commit.Before);

        Commit? TryCommit()
        {
            transaction.Require(incarnation, SimulatedOperations.Writes);
            if (!TryApply(transaction, writes, ref next))
            {
                return null;
            }

            var operations = operation is { } rows ? Rows(rows, ConflictKind.Unspecified, version: 0) : [];
            if (operations.Any(row => node.Pending.Block(row.Id)))
            {
                return null;
            }

            if (operations.Any(row => node.Rows.Operation(row.Id) is not null))
            {
                throw Faults.OperationKnown();
            }

            var (changes, before) = (transaction.Changes(), node.Log.End);
            transaction.End();
            return changes.Count == 0 && operations.Length == 0 ? new Commit(null, before, 0) : Append(changes, before, version: 0, durability, follows, operations);
        }
    }

    /// <summary>Deletes operation rows that are older than they need be.</summary>
    public void Sweep(OperationRetention retention, long incarnation)
    {
        lock (shard.Lock)
        {
            node.RequireRunningSince(incarnation, SimulatedOperations.Samples);
            if (!node.IsPrimary || node.IsFenced)
            {
                throw Faults.WrongRole();
            }

            var (attempts, keys) = (shard.Now - retention.Attempts, shard.Now - retention.Keys);
            OperationChange[] old =
                [.. node.Rows.Operations(row => row.CreatedAt < (row.Request is null ? attempts : keys)).Order().Select(static id => new OperationChange(id, null))];
            if (old.Length == 0)
            {
                return;
            }

            node.Rows.Apply(shard.Append(node, [], WriteDurability.Local, old));
        }

        shard.Step();
    }

    /// <summary>Commits a record that changes no row.</summary>
    public async Task<StoreWrite> BarrierAsync(WriteGuard guard, WriteWait wait, long incarnation)
    {
        var commit = await CommitAsync(TryBarrier, SimulatedOperations.Writes, wait).ConfigureAwait(false);
        return await ConfirmAsync(commit, guard.Durability, wait, incarnation).ConfigureAwait(false);

        Commit? TryBarrier()
        {
            RequirePrimary(guard, incarnation);
            return Append([], node.Log.End, version: 0, guard.Durability, follows: null);
        }
    }

    /// <summary>Goes on with those staged writes that weren't carried out yet; false while another transaction is in the way of one.</summary>
    private static bool TryApply(NodeTransaction transaction, IReadOnlyList<StagedWrite> writes, ref int next)
    {
        while (next < writes.Count && transaction.TryWrite(writes[next]))
        {
            next++;
        }

        return next == writes.Count;
    }

    /// <summary>A transaction that has failed is rolled back at once, and locks nothing any more.</summary>
    private async Task<T> InAsync<T>(NodeTransaction transaction, Func<T?> attempt, SimulatedOperations operation, WriteWait wait)
        where T : struct
    {
        try
        {
            return await CommitAsync(attempt, operation, wait).ConfigureAwait(false);
        }
        catch (StoreFaultException)
        {
            shard.Change(transaction.End);
            throw;
        }
    }

    /// <summary>Commits as soon as no other commit is in the way, unless the server goes down with it.</summary>
    private async Task<T> CommitAsync<T>(Func<T?> tryCommit, SimulatedOperations operation, WriteWait wait)
        where T : struct
    {
        var commit = await WhenPossibleAsync(TryUnlessCancelled, wait).ConfigureAwait(false);
        if (wait.CrashesServer)
        {
            node.Kill();
            throw Faults.Lost(operation);
        }

        // Waiters for the row, and for the standbys, look again.
        shard.Step();
        return commit;

        T? TryUnlessCancelled() => tryCommit() ?? (wait.IsCancelledAt(node) ? throw Faults.CancelledWhileWaiting() : null);
    }

    /// <summary>Tries now, and after every change of the shard, until something comes of it.</summary>
    private async Task<T> WhenPossibleAsync<T>(Func<T?> attempt, WriteWait wait)
        where T : struct
    {
        while (true)
        {
            Task changed;
            lock (shard.Lock)
            {
                if (attempt() is { } done)
                {
                    return done;
                }

                wait.Begin(node);
                changed = shard.NextChange();
            }

            await changed.ConfigureAwait(false);
        }
    }

    /// <summary>The row that tells how an operation ended, made if need be; null while a commit is on its way that may write it.</summary>
    private Commit? TryAnswer(Guid id, bool abandon, WriteGuard guard, long incarnation, out OperationRow? row)
    {
        row = null;
        RequirePrimary(guard, incarnation);
        if (node.Pending.Block(id))
        {
            return null;
        }

        row = node.Rows.Operation(id);
        var before = node.Log.End;
        if (row is null && !abandon)
        {
            return new Commit(null, before, 0);
        }

        // A row that was found is as durable as the record behind it.
        OperationChange[] made = row is null ? [new OperationChange(id, row = new OperationRow(OperationOutcome.Abandoned, 0, null, shard.Now))] : [];
        return Append([], before, 0, guard.Durability, follows: null, made);
    }

    /// <summary>Commits, unless another commit holds the row; null then.</summary>
    private Commit? TryCommit<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, long incarnation)
        where TEntity : class
        where TKey : notnull
    {
        RequirePrimary(guard, incarnation);
        var key = WriteDecision.KeyOf(map, write.Key);
        if (node.Pending.Block(key) || node.Locks.Block(map.Table, key))
        {
            return null;
        }

        var before = node.Log.End;
        var decision = WriteDecision.Of(map, key, write, node.Rows, cluster.RulesOf(map.Table), before);
        if (decision.Change is { } change && (node.Pending.Block(change) || node.Locks.Block(change)))
        {
            return null;
        }

        var operations = guard.Operation is { } rows ? Rows(rows, decision.Unmatched, decision.Version) : [];
        if (operations.Any(row => node.Pending.Block(row.Id)))
        {
            return null;
        }

        if (operations.Any(row => node.Rows.Operation(row.Id) is not null))
        {
            throw Faults.OperationKnown();
        }

        return decision.Change is null && operations.Length == 0
            ? new Commit(null, before, decision.Version, decision.Unmatched)
            : Append(decision.Change is { } made ? [made] : [], before, decision.Version, guard.Durability, guard.Follows, operations) with { Unmatched = decision.Unmatched };
    }

    /// <summary>Commits all rows, unless another commit holds one of them; null then.</summary>
    private Commit? TryCommit<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, WriteGuard guard, long incarnation)
        where TEntity : class
        where TKey : notnull
    {
        RequirePrimary(guard, incarnation);
        var operations = guard.Operation is { } rows ? Rows(rows, ConflictKind.Unspecified, version: 0) : [];
        if (operations.Any(row => node.Pending.Block(row.Id)))
        {
            return null;
        }

        if (operations.Any(row => node.Rows.Operation(row.Id) is not null))
        {
            throw Faults.OperationKnown();
        }

        var before = node.Log.End;
        var changes = WriteDecision.OfMany(map, entities, node.Rows, cluster.RulesOf(map.Table), before);
        return changes.Any(change => node.Pending.Block(change) || node.Locks.Block(change)) ? null : Append(changes, before, version: 0, guard.Durability, guard.Follows, operations);
    }

    private OperationChange[] Rows(OperationRows rows, ConflictKind unmatched, long version)
    {
        var outcome = unmatched switch
        {
            ConflictKind.Unspecified => OperationOutcome.Applied,
            ConflictKind.VersionMismatch => OperationOutcome.VersionMismatch,
            _ => OperationOutcome.NotFound,
        };
        var attempt = new OperationChange(rows.Attempt, new OperationRow(outcome, version, null, shard.Now));
        return rows.Key is { } key
            ? [attempt, new OperationChange(key.Id, new OperationRow(outcome, version, key.Request, shard.Now))]
            : [attempt];
    }

    private void RequirePrimary(WriteGuard guard, long incarnation)
    {
        node.RequireRunningSince(incarnation, SimulatedOperations.Writes);
        if (!node.IsPrimary || node.IsFenced || node.Log.History?.Id != guard.History)
        {
            throw Faults.WrongRole();
        }
    }

    private Commit Append(
        IReadOnlyList<RowChange> changes, ulong before, long version, WriteDurability durability, Following? follows, IReadOnlyList<OperationChange>? operations = null)
    {
        var waitsFor = follows is { } following && durability < following.Instead && shard.Confirmation.MayWait(node, following, shard.Now) ? following.Instead : durability;
        var record = shard.Append(node, changes, waitsFor, operations);
        node.Pending.Add(record);
        shard.Replicate();
        return new Commit(record, before, version) { WaitsFor = waitsFor };
    }

    private async Task<StoreWrite> ConfirmAsync(Commit commit, WriteDurability durability, WriteWait wait, long incarnation)
    {
        var write = await WhenPossibleAsync(() => TryShow(commit, durability, wait, incarnation), wait).ConfigureAwait(false);
        shard.Step();
        return write;
    }

    private StoreWrite? TryShow(Commit commit, WriteDurability durability, WriteWait wait, long incarnation)
    {
        node.RequireRunningSince(incarnation, SimulatedOperations.Writes);
        var reached = shard.Confirmation.Reached(node, durability);
        if (commit.Record is { } record)
        {
            if (!shard.Confirmation.IsComplete(node, record, commit.WaitsFor))
            {
                if (!wait.IsCancelledAt(node))
                {
                    return null;
                }

                reached = reached < WriteDurability.Local ? reached : WriteDurability.Local;
            }

            node.Pending.Remove(record);
            node.Rows.Apply(record);
        }

        return new StoreWrite(shard.Confirmation.PositionOf(node, commit.Before, reached), commit.Version, reached);
    }

    private readonly record struct Answer(IReadOnlyList<KeyedRow> Rows);

    private readonly record struct Commit(LogRecord? Record, ulong Before, long Version, ConflictKind Unmatched = ConflictKind.Unspecified)
    {
        /// <summary>The durability that it is made visible at: the one that was asked for, or more.</summary>
        public WriteDurability WaitsFor { get; init; }
    }
}
