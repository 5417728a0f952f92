using System.Data;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>One node as one client sees it: a message there, the node's work, a message back; and what may become of either.</summary>
internal sealed class SimulatedEndpoint(SimulatedCluster cluster, SimulatedShard shard, SimulatedNode node, RegionId client)
    : IEntityStore, IOperationStore, ITransactionStore
{
    private readonly SimulatedNetwork _network = cluster.Network;
    private readonly Way _there = new(cluster.Network.Between(client, node.Region), node);
    private readonly Way _back = new(cluster.Network.Between(node.Region, client), node);
    private readonly NodeReads _reads = new(shard, node);
    private readonly ClientConnections _connections = new();
    private readonly NodeWrites _writes = new(cluster, shard, node);

    public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) => ObserveAsync(SimulatedOperations.Probes, cancellationToken);

    public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) => ObserveAsync(SimulatedOperations.Samples, cancellationToken);

    public async Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken) => _reads.Confirmed(
        await AskAsync(SimulatedOperations.Probes, _ => Task.FromResult(_reads.History()), cancellationToken).ConfigureAwait(false));

    public ValueTask<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        node.NoteKeys(1);
        return new(ReadAsync(
            guard,
            rows => rows.Find(map.Table, WriteDecision.KeyOf(map, key)) is { } row ? CellRow.Materialize(map, row, map.TerritoryOf(key)) : null,
            cancellationToken));
    }

    public Task<StoreRead<IReadOnlyList<TEntity>>> FindManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        ReadAsync<IReadOnlyList<TEntity>>(
            guard,
            rows => [.. keys
                .Select(key => (Row: rows.Find(map.Table, WriteDecision.KeyOf(map, key)), Territory: map.TerritoryOf(key)))
                .Where(static found => found.Row is not null)
                .Select(found => CellRow.Materialize(map, found.Row!, found.Territory))],
            cancellationToken);

    public Task<StoreRead<SizedRow<TEntity>[]?>> FindEachAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        node.NoteKeys(keys.Count);
        return ReadAsync(guard, rows => EachRow.Of(map, territory, keys, rows), cancellationToken);
    }

    public Task<StoreRead<IReadOnlyList<TEntity>>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        ReadAsync(guard, rows => Materialize(map, query.Territory, QueryEvaluation.Run(query, map.Mapped, rows.All(map.Table))), cancellationToken);

    public Task<StoreWrite> WriteAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        CommitAsync(SimulatedOperations.Writes, (wait, incarnation) => _writes.RunAsync(map, write, guard, wait, incarnation), cancellationToken);

    public async Task<ReadStamp> StampAsync(ReadGuard guard, CancellationToken cancellationToken) =>
        (await ReadAsync(guard, static _ => true, cancellationToken).ConfigureAwait(false)).Stamp;

    public Task<StoreWrite> InsertManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        CommitAsync(SimulatedOperations.Writes, (wait, incarnation) => _writes.InsertManyAsync(map, entities, guard, wait, incarnation), cancellationToken);

    public Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken) =>
        CommitAsync(SimulatedOperations.Writes, (wait, incarnation) => _writes.BarrierAsync(guard, wait, incarnation), cancellationToken);

    public Task<StoredOperation> ResolveAsync(Guid id, bool abandon, WriteGuard guard, CancellationToken cancellationToken)
    {
        var durable = guard with { Durability = guard.Durability < WriteDurability.Local ? WriteDurability.Local : guard.Durability };
        return CommitAsync(
            SimulatedOperations.Resolutions, (wait, incarnation) => _writes.ResolveAsync(id, abandon, durable, wait, incarnation), cancellationToken);
    }

    public Task<bool> SweepAsync(OperationRetention retention, CancellationToken cancellationToken) =>
        AskAsync(SimulatedOperations.Samples, incarnation => SweepAllAsync(retention, incarnation), cancellationToken);

    public IStoreTransaction Begin(HistoryId history, IsolationLevel isolation) =>
        new SimulatedTransaction(this, new NodeTransaction(cluster, node, history, isolation));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Reads in a transaction, which may wait for locks, and so can be asked to stop.</summary>
    internal Task<IReadOnlyList<KeyedRow>> ReadAsync(
        NodeTransaction transaction, RowSelection selection, RowLock rowLock, IReadOnlyList<StagedWrite> before, CancellationToken cancellationToken) =>
        CommitAsync(
            SimulatedOperations.Reads, (wait, incarnation) => _writes.ReadAsync(transaction, selection, rowLock, before, wait, incarnation), cancellationToken);

    internal Task<TransactionCommit> CommitAsync(
        NodeTransaction transaction, IReadOnlyList<StagedWrite> writes, WriteDurability durability, Following? follows, OperationRows? operation, CancellationToken cancellationToken) =>
        CommitAsync(
            SimulatedOperations.Writes,
            (wait, incarnation) => _writes.CommitAsync(transaction, writes, durability, follows, operation, wait, incarnation),
            cancellationToken);

    /// <summary>Nobody waits for it. A server that it doesn't reach notices that the connection is gone, and rolls back as well.</summary>
    internal void RollBack(NodeTransaction transaction) => Observe(RollBackAsync(transaction));

    private async Task<T> CommitAsync<T>(SimulatedOperations operation, Func<WriteWait, long, Task<T>> write, CancellationToken cancellationToken)
    {
        var wait = new WriteWait();
        var served = BeginAsync(operation, incarnation => write(wait, incarnation), cancellationToken, wait);
        try
        {
            return await WaitAsync(served, operation, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreFaultException fault) when (fault.Kind == StoreFaultKind.Cancelled && cancellationToken.IsCancellationRequested)
        {
            // As the driver does, over a connection of its own, and without waiting for what becomes of it.
            _ = CancelAsync(wait);
            throw;
        }
    }

    /// <summary>Nothing is left to sweep after one step.</summary>
    private Task<bool> SweepAllAsync(OperationRetention retention, long incarnation)
    {
        _writes.Sweep(retention, incarnation);
        return Task.FromResult(false);
    }

    private static IReadOnlyList<TEntity> Materialize<TEntity, TKey>(EntityMap<TEntity, TKey> map, Territory territory, IEnumerable<StoredRow> rows)
        where TEntity : class
        where TKey : notnull => [.. rows.Select(row => CellRow.Materialize(map, row, territory))];

    private async Task<NodeObservation> ObserveAsync(SimulatedOperations operation, CancellationToken cancellationToken) => _reads.Observation(
        await AskAsync(operation, _ => Task.FromResult(_reads.Look()), cancellationToken).ConfigureAwait(false));

    private async Task<StoreRead<T>> ReadAsync<T>(ReadGuard guard, Func<RowSet, T> read, CancellationToken cancellationToken)
    {
        var connection = _connections.Take();
        var question = _reads.Ask(guard, connection);
        try
        {
            var raw = await AskAsync(
                SimulatedOperations.Reads, incarnation => _reads.RunAsync(question, connection, read, incarnation), cancellationToken).ConfigureAwait(false);
            var answer = _reads.Stamped(raw, question, connection);
            _connections.Keep(connection);
            return answer;
        }
        catch (StoreFaultException fault) when (fault.Kind is StoreFaultKind.Interrupted or StoreFaultKind.Unreachable)
        {
            _connections.CloseAll();
            throw;
        }
    }

    /// <summary>A question that changes nothing, so that the network may bring it twice.</summary>
    private Task<T> AskAsync<T>(SimulatedOperations operation, Func<long, Task<T>> serve, CancellationToken cancellationToken)
    {
        var served = BeginAsync(operation, serve, cancellationToken);
        if (_network.Duplicates(_there))
        {
            Observe(ServeAsync(operation, serve));
        }

        return WaitAsync(served, operation, cancellationToken);
    }

    private Task<T> BeginAsync<T>(
        SimulatedOperations operation, Func<long, Task<T>> work, CancellationToken cancellationToken, WriteWait? write = null) =>
        cancellationToken.IsCancellationRequested ? throw Faults.Cancelled(operation, sent: false) : ServeAsync(operation, work, write);

    /// <summary>Whoever gives up leaves; what was sent is carried out all the same.</summary>
    private static async Task<T> WaitAsync<T>(Task<T> served, SimulatedOperations operation, CancellationToken cancellationToken)
    {
        if (served.IsCompleted)
        {
            return await served.ConfigureAwait(false);
        }

        try
        {
            return await served.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Observe(served);
            throw Faults.Cancelled(operation, sent: true);
        }
    }

    private static void Observe(Task left) => _ = left.ContinueWith(
        static left => left.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task<T> ServeAsync<T>(SimulatedOperations operation, Func<long, Task<T>> work, WriteWait? write = null)
    {
        switch (await _network.SendAsync(_there).ConfigureAwait(false))
        {
            case Passage.Arrived:
                break;
            case Passage.ResetAfter:
                Observe(WorkAsync(operation, work, write));
                throw Faults.Lost(operation);
            default:
                throw Faults.Lost(operation);
        }

        var worked = WorkAsync(operation, work, write);
        await ((Task)worked).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // Refusals take as long to come home as answers.
        return await _network.SendAsync(_back).ConfigureAwait(false) == Passage.Arrived
            ? await worked.ConfigureAwait(false)
            : throw Faults.Lost(operation);
    }

    /// <summary>What happens at the node.</summary>
    private async Task<T> WorkAsync<T>(SimulatedOperations operation, Func<long, Task<T>> work, WriteWait? write)
    {
        node.Arrivals.Note(operation);
        if (operation == SimulatedOperations.Reads && node.ReadLatency > TimeSpan.Zero)
        {
            await cluster.DelayAsync(node.ReadLatency).ConfigureAwait(false);
        }

        var (incarnation, fault) = await node.Arrivals.AdmitAsync(operation).ConfigureAwait(false);
        if (fault == SimulatedFault.Crash)
        {
            if (write is not null)
            {
                write.CrashesServer = true;
                fault = null;
            }
            else
            {
                node.Kill();
            }
        }

        if (fault is { } before and not SimulatedFault.AnswerLost)
        {
            throw Faults.Of(before, operation);
        }

        var answer = await work(incarnation).ConfigureAwait(false);
        return fault is { } after ? throw Faults.Of(after, operation) : answer;
    }

    private async Task RollBackAsync(NodeTransaction transaction)
    {
        await _network.SendAsync(_there).ConfigureAwait(false);
        shard.Change(transaction.End);
    }

    private async Task CancelAsync(WriteWait wait)
    {
        if (await _network.SendAsync(_there).ConfigureAwait(false) is Passage.Arrived or Passage.ResetAfter)
        {
            await node.Arrivals.CancelAsync(wait).ConfigureAwait(false);
        }
    }
}
