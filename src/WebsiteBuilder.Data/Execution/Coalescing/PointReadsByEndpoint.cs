using System.Collections.Concurrent;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The point reads of one entity, by endpoint. Thread-safe.</summary>
internal sealed class PointReadsByEndpoint<TEntity, TKey>(EntityMap<TEntity, TKey> map)
    where TEntity : class
    where TKey : notnull
{
    private readonly ConcurrentDictionary<(IEntityStore Store, Territory Territory), PointReads<TEntity, TKey>> _reads = new();

    public PointReads<TEntity, TKey> At(IEntityStore store, Territory territory, EngineRuntime runtime) =>
        _reads.TryGetValue((store, territory), out var reads)
            ? reads
            : _reads.GetOrAdd(
                (store, territory),
                static (place, state) => new PointReads<TEntity, TKey>(place.Store, state.map, place.Territory, state.runtime, CoalescingPolicy.Default),
                (map, runtime));
}
