namespace WebsiteBuilder.Data.Stores;

/// <summary>What a write does to one entity.</summary>
internal enum EntityWriteKind
{
    Insert = 1,
    Update = 2,
    Upsert = 3,
    Delete = 4,
}

/// <summary>One write of one entity.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Key">The key.</param>
/// <param name="Entity">What to store; null for a delete.</param>
/// <param name="ExpectedVersion">The version that must be there, if any is demanded.</param>
internal readonly record struct EntityWrite<TEntity, TKey>(EntityWriteKind Kind, TKey Key, TEntity? Entity, long? ExpectedVersion)
    where TEntity : class
    where TKey : notnull
{
    /// <summary>Whether the write learns nothing of what was there, success apart.</summary>
    public bool IsBlind => Kind == EntityWriteKind.Upsert || (Kind == EntityWriteKind.Delete && ExpectedVersion is null);

    /// <summary>Whether the write fails unless it finds what it changes.</summary>
    public bool MustMatch => Kind == EntityWriteKind.Update || ExpectedVersion is not null;

    /// <summary>Its name in errors, such as <c>users.insert</c>.</summary>
    public string NameIn(EntityMap<TEntity, TKey> map) => map.Table + Kind switch
    {
        EntityWriteKind.Insert => ".insert",
        EntityWriteKind.Update => ".update",
        EntityWriteKind.Upsert => ".upsert",
        _ => ".delete",
    };
}

/// <summary>The entity of a key, if there is one, and about how many bytes it came in.</summary>
internal readonly record struct SizedRow<TEntity>(TEntity? Entity, int Bytes)
    where TEntity : class;

/// <summary>An endpoint that holds entities by key.</summary>
internal interface IEntityStore : IStoreEndpoint
{
    /// <summary>Reads the entity of a key. Await the result once.</summary>
    ValueTask<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;

    /// <summary>
    /// Reads the entity of each key, in the order of the keys, for callers who know nothing of one another: each gets an entity of its own, also where keys repeat. Null if the
    /// rows can't be told apart by what their entities say is their key, or one of them can't be made an entity.
    /// </summary>
    Task<StoreRead<SizedRow<TEntity>[]?>> FindEachAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;

    /// <summary>Reads the rows of some keys, each of which tells its territory.</summary>
    Task<StoreRead<IReadOnlyList<TEntity>>> FindManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;

    Task<StoreRead<IReadOnlyList<TEntity>>> QueryAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Query<TEntity> query, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;

    Task<StoreWrite> WriteAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;

    /// <summary>Inserts rows in one transaction: all of them or none.</summary>
    Task<StoreWrite> InsertManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, WriteGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull;
}
