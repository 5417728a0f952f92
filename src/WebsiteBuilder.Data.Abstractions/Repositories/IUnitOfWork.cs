namespace WebsiteBuilder.Data;

/// <summary>
/// Several reads and writes in one transaction of one shard, run by <see cref="IDataSession.RunUnitOfWorkAsync"/>. Writes are staged: they are sent together, with the next read or
/// with the commit, so a unit of work without reads takes one round trip. Not thread-safe; of no use once its body has ended.
/// </summary>
public interface IUnitOfWork
{
    /// <summary>The entities of a registered map, within the transaction.</summary>
    /// <exception cref="InvalidOperationException">No map of this entity and key was registered.</exception>
    IUnitOfWorkRepository<TEntity, TKey> Repository<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull;
}

/// <summary>Entities of one kind within a unit of work.</summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <typeparam name="TKey">Its key.</typeparam>
/// <remarks>
/// Every member throws <see cref="ArgumentException"/> for a key of another shard than the unit's, <see cref="InvalidOperationException"/> once the unit has ended or while one of
/// its reads is on its way. Reads throw <see cref="DataTierException"/> when the transaction has failed: let it pass, since nothing of the unit can be applied any more.
/// </remarks>
public interface IUnitOfWorkRepository<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    /// <summary>Reads an entity at the primary, as the transaction sees it, staged writes included; <see langword="null"/> if there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="rowLock">Whether to lock it until the unit ends.</param>
    /// <param name="cancellationToken">Ends the wait; the unit can't be committed any more then.</param>
    ValueTask<TEntity?> FindAsync(TKey key, RowLock rowLock = RowLock.None, CancellationToken cancellationToken = default);

    /// <summary>Reads what a query asks for, as <see cref="FindAsync"/> does.</summary>
    /// <param name="query">The query.</param>
    /// <param name="rowLock">Whether to lock the entities until the unit ends.</param>
    /// <param name="cancellationToken">Ends the wait; the unit can't be committed any more then.</param>
    ValueTask<IReadOnlyList<TEntity>> QueryAsync(Query<TEntity> query, RowLock rowLock = RowLock.None, CancellationToken cancellationToken = default);

    /// <summary>Stages the insertion of an entity. If its key or another unique value exists, the unit fails.</summary>
    void Insert(TEntity entity);

    /// <summary>Stages the replacement of an entity's mapped columns. If nothing has the key, or the stored version is another one, the unit fails.</summary>
    /// <param name="entity">What to store.</param>
    /// <param name="expectedVersion">The version that must be stored when the write is sent, 1 or more; <see langword="null"/> for any.</param>
    void Update(TEntity entity, long? expectedVersion = null);

    /// <summary>Stages an entity to be stored whether or not its key exists.</summary>
    void Upsert(TEntity entity);

    /// <summary>Stages a deletion. Without an expected version it succeeds whether or not the key exists.</summary>
    /// <param name="key">The key.</param>
    /// <param name="expectedVersion">The version that must be stored when the write is sent, 1 or more; <see langword="null"/> for any.</param>
    void Delete(TKey key, long? expectedVersion = null);
}

/// <summary>Whether a read of a unit of work locks what it finds until the unit ends, so that nobody else changes it meanwhile.</summary>
public enum RowLock
{
    /// <summary>It doesn't.</summary>
    None = 0,

    /// <summary>It does, and waits for whoever has it locked.</summary>
    Update = 1,

    /// <summary>It does, and passes over what others have locked as if it weren't there: for taking work from a queue.</summary>
    UpdateSkippingLocked = 2,
}
