using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>One node as one client sees it: half of the round trip there, the node's work, half of it back.</summary>
internal sealed class SimulatedEndpoint(SimulatedCluster cluster, SimulatedShard shard, SimulatedNode node, RegionId client, EngineRuntime runtime) : IEntityStore
{
    private readonly NodeReads _reads = new(shard, node);
    private readonly NodeWrites _writes = new(cluster, shard, node);

    public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperations.Probes, _ => Task.FromResult(_reads.Observe()), cancellationToken);

    public Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperations.Probes, _ => Task.FromResult(_reads.History()), cancellationToken);

    public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperations.Samples, _ => Task.FromResult(_reads.Observe()), cancellationToken);

    public Task<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        CallAsync(
            SimulatedOperations.Reads,
            _ => Task.FromResult(_reads.Run(guard, rows => rows.Find(map.Table, WriteDecision.KeyOf(map, key)) is { } row
                ? CellRow.Materialize(map, row, map.TerritoryOf(key))
                : null)),
            cancellationToken);

    public Task<StoreRead<IReadOnlyList<TEntity>>> FindManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        CallAsync(
            SimulatedOperations.Reads,
            _ => Task.FromResult(_reads.Run(guard, rows => Materialize(
                map, territory, keys.Select(key => rows.Find(map.Table, WriteDecision.KeyOf(map, key))).OfType<StoredRow>()))),
            cancellationToken);

    public Task<StoreRead<IReadOnlyList<TEntity>>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        CallAsync(
            SimulatedOperations.Reads,
            _ => Task.FromResult(_reads.Run(guard, rows => Materialize(map, query.Territory, QueryEvaluation.Run(query, rows.All(map.Table))))),
            cancellationToken);

    public Task<StoreWrite> WriteAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull =>
        CallAsync(SimulatedOperations.Writes, incarnation => _writes.RunAsync(map, write, guard, incarnation), cancellationToken);

    public Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken) =>
        CallAsync(SimulatedOperations.Writes, incarnation => _writes.BarrierAsync(guard, incarnation), cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static IReadOnlyList<TEntity> Materialize<TEntity, TKey>(EntityMap<TEntity, TKey> map, Territory territory, IEnumerable<StoredRow> rows)
        where TEntity : class
        where TKey : notnull => [.. rows.Select(row => CellRow.Materialize(map, row, territory))];

    /// <summary>Whoever gives up leaves; what was sent is carried out all the same.</summary>
    private async Task<T> CallAsync<T>(SimulatedOperations operation, Func<long, Task<T>> work, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw Faults.Cancelled(operation, sent: false);
        }

        var served = ServeAsync(operation, work);
        try
        {
            return await served.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = served.ContinueWith(
                static left => left.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw Faults.Cancelled(operation, sent: true);
        }
    }

    private async Task<T> ServeAsync<T>(SimulatedOperations operation, Func<long, Task<T>> work)
    {
        await TravelAsync().ConfigureAwait(false);
        try
        {
            node.Arrived(operation);
            var (incarnation, fault) = await node.AdmitAsync(operation).ConfigureAwait(false);
            if (fault is { } before and not SimulatedFault.AnswerLost)
            {
                throw Faults.Of(before, operation);
            }

            var answer = await work(incarnation).ConfigureAwait(false);
            if (fault is { } after)
            {
                throw Faults.Of(after, operation);
            }

            await TravelAsync().ConfigureAwait(false);
            lock (shard.Lock)
            {
                node.RequireRunningSince(incarnation, operation);
            }

            return answer;
        }
        catch (StoreFaultException)
        {
            // Refusals take as long to come home as answers.
            await TravelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private Task TravelAsync() => runtime.Delay(cluster.LatencyOf(client, node) / 2, CancellationToken.None);
}
