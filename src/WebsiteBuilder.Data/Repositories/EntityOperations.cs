using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Repositories;

internal readonly struct FindOperation<TEntity, TKey>(EntityMap<TEntity, TKey> map, TKey key) : IReadOperation<TEntity?>
    where TEntity : class
    where TKey : notnull
{
    public string Name => map.Table + ".find";

    public uint? KeyHash => KeyEncoding.Hash(map, key);

    public bool ShowsRows => true;

    public Task<StoreRead<TEntity?>> RunAsync(IStoreEndpoint endpoint, ReadGuard guard, CancellationToken cancellationToken) =>
        ((IEntityStore)endpoint).FindAsync(map, key, guard, cancellationToken).AsTask();
}

internal readonly struct CoalescedFindOperation<TEntity, TKey>(
    EntityMap<TEntity, TKey> map, PointReadsByEndpoint<TEntity, TKey> reads, TKey key, EngineRuntime runtime) : IPointOperation<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    public string Name => map.Table + ".find";

    public uint? KeyHash => KeyEncoding.Hash(map, key);

    public bool ShowsRows => true;

    public PointReads<TEntity, TKey> ReadsAt(IEntityStore store) => reads.At(store, map.TerritoryOf(key), runtime);

    public Task<StoreRead<TEntity?>> RunAsync(IStoreEndpoint endpoint, ReadGuard guard, CancellationToken cancellationToken) =>
        ReadsAt((IEntityStore)endpoint).FindAsync(key, guard, cancellationToken);
}

internal readonly struct FindManyOperation<TEntity, TKey>(EntityMap<TEntity, TKey> map, IReadOnlyList<TKey> keys)
    : IReadOperation<IReadOnlyList<TEntity>>
    where TEntity : class
    where TKey : notnull
{
    public string Name => map.Table + ".find-many";

    public uint? KeyHash => null;

    public bool ShowsRows => true;

    public Task<StoreRead<IReadOnlyList<TEntity>>> RunAsync(IStoreEndpoint endpoint, ReadGuard guard, CancellationToken cancellationToken) =>
        ((IEntityStore)endpoint).FindManyAsync(map, keys, guard, cancellationToken);
}

internal readonly struct QueryOperation<TEntity, TKey>(EntityMap<TEntity, TKey> map, Query<TEntity> query) : IReadOperation<IReadOnlyList<TEntity>>
    where TEntity : class
    where TKey : notnull
{
    public string Name => map.Table + ".query";

    public uint? KeyHash => null;

    public bool ShowsRows => true;

    public Task<StoreRead<IReadOnlyList<TEntity>>> RunAsync(IStoreEndpoint endpoint, ReadGuard guard, CancellationToken cancellationToken) =>
        ((IEntityStore)endpoint).QueryAsync(map, query, guard, cancellationToken);
}

internal readonly struct WriteOperation<TEntity, TKey>(EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write) : IWriteOperation
    where TEntity : class
    where TKey : notnull
{
    public string Name => write.NameIn(map);

    public Repetition Repeats => Repetition.WhenLost;

    public WriteDurability AtLeast => WriteDurability.Unspecified;

    public uint? BlindKeyHash => write.IsBlind ? KeyEncoding.Hash(map, write.Key) : null;

    public bool TryCallOff() => false;

    public Task<StoreWrite> RunAsync(IStoreEndpoint endpoint, WriteGuard guard, CancellationToken cancellationToken) =>
        ((IEntityStore)endpoint).WriteAsync(map, write, guard, cancellationToken);
}

internal readonly struct InsertManyOperation<TEntity, TKey>(EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities) : IWriteOperation
    where TEntity : class
    where TKey : notnull
{
    public string Name => map.Table + ".insert-many";

    public Repetition Repeats => Repetition.WhenLost;

    public WriteDurability AtLeast => WriteDurability.Unspecified;

    /// <summary>That it succeeds says that none of the keys was there.</summary>
    public uint? BlindKeyHash => null;

    public bool TryCallOff() => false;

    public Task<StoreWrite> RunAsync(IStoreEndpoint endpoint, WriteGuard guard, CancellationToken cancellationToken) =>
        ((IEntityStore)endpoint).InsertManyAsync(map, entities, guard, cancellationToken);
}
