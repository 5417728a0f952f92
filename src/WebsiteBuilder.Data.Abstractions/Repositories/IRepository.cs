namespace WebsiteBuilder.Data;

/// <summary>
/// Entities of one kind, wherever they are at home. Reads keep the level that was asked for; writes go to the primary of the key's shard
/// and advance the session. Thread-safe.
/// </summary>
/// <typeparam name="TEntity">The entity.</typeparam>
/// <typeparam name="TKey">Its key, which carries its territory if it has one.</typeparam>
/// <remarks>
/// Every member may throw <see cref="DataTierException"/>s: <see cref="NoEligibleRegionException"/>, <see cref="DeadlineExceededException"/>,
/// <see cref="ThrottledException"/>, <see cref="StoreFailureException"/>; reads also <see cref="ConsistencyNotMetException"/>, <see cref="SessionHistoryLostException"/> and
/// <see cref="InvalidSessionTokenException"/>; writes also these last two, <see cref="ConflictException"/>
/// and <see cref="AmbiguousWriteException"/>. An option out of range, or a key whose territory no shard holds, is an
/// <see cref="ArgumentException"/>; a map that names no configured shard is an <see cref="InvalidOperationException"/>. What the map's own
/// functions and serializers throw comes as it is.
/// With an idempotency key (<see cref="WriteOptions.IdempotencyKey"/>) every write may also be refused with <see cref="ConflictKind.IdempotencyKeyReused"/>, and a
/// value that can't be compared is an <see cref="ArgumentException"/>.
/// PostgreSQL stores no text or JSON with U+0000 or half a surrogate pair in it, and no text longer than its column: <see cref="StoreFailureException"/>, not applied.
/// </remarks>
public interface IRepository<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    /// <summary>Reads the entity with a key; not found is a result.</summary>
    /// <param name="key">The key.</param>
    /// <param name="options">What this read asks for.</param>
    /// <param name="cancellationToken">Ends the wait; the answer, if it still comes, is dropped.</param>
    ValueTask<ReadResult<TEntity?>> FindAsync(TKey key, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads the entities with these keys, one round trip per shard, all at once. Those that aren't there are left out; the order is not
    /// promised; a key given twice is answered once. Over several shards the answers are each consistent, not one snapshot; the result
    /// names one of the nodes that answered, the greatest age, and all reasons.
    /// </summary>
    /// <param name="keys">10,000 at most, repeated ones counted.</param>
    /// <param name="options">What this read asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more keys.</exception>
    ValueTask<ReadResult<IReadOnlyList<TEntity>>> FindManyAsync(
        IReadOnlyCollection<TKey> keys, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads the entities that a query asks for, in its order. The rows are one answer of one node, held in memory; which node and how old
    /// isn't said. Arguments are checked when the enumeration begins.
    /// </summary>
    IAsyncEnumerable<TEntity> QueryAsync(Query<TEntity> query, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Reads one page of a query, says which node answered and how old the answer may be, and where the query goes on. Each page is an answer of its own, as of
    /// when it is asked for.
    /// </summary>
    /// <param name="query">The query; its limit is the page's size.</param>
    /// <param name="options">What this read asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">There is another page, but the ordered values of this one's last entity don't fit into a cursor.</exception>
    Task<ReadResult<Page<TEntity>>> QueryPageAsync(Query<TEntity> query, ReadOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Adds an entity, at version 1.</summary>
    /// <exception cref="ConflictException">Its key, or another unique value, exists already.</exception>
    Task<WriteResult> InsertAsync(TEntity entity, WriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds many entities, at version 1, in batches that are a transaction each: all of a batch or none of it. Entities of one shard are added in their order; several shards fill
    /// batches of their own. One batch is on its way at a time, while the source waits.
    /// </summary>
    /// <param name="entities">The entities. Enumerated once.</param>
    /// <param name="options">What this insert asks for.</param>
    /// <param name="cancellationToken">Ends it. Batches that are in stay; with an idempotency key the same call goes on where this one ended.</param>
    /// <returns>How many rows are in, which is all of them.</returns>
    /// <exception cref="BulkInsertException">A batch failed, and nothing was sent after it; says how many rows are in. The batch's own error is inside.</exception>
    /// <remarks>
    /// What the source throws, and what is wrong with an entity's key, comes as it is; batches before it stand. PostgreSQL takes the rows by <c>COPY</c>: no row-level security, and
    /// columns of types that the driver writes from the mapped type.
    /// </remarks>
    Task<BulkResult> InsertManyAsync(IAsyncEnumerable<TEntity> entities, BulkOptions? options = null, CancellationToken cancellationToken = default);

    /// <inheritdoc cref="InsertManyAsync(IAsyncEnumerable{TEntity}, BulkOptions?, CancellationToken)"/>
    Task<BulkResult> InsertManyAsync(IEnumerable<TEntity> entities, BulkOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Replaces the mapped columns of an existing entity.</summary>
    /// <param name="entity">What to store.</param>
    /// <param name="expectedVersion">Replace only if the stored version is this one, 1 or more; <see langword="null"/> replaces whatever is there. Needs a version column.</param>
    /// <param name="options">What this write asks for.</param>
    /// <param name="cancellationToken">Ends the wait. Once the write is on its way its outcome stays unknown then.</param>
    /// <exception cref="ConflictException">Nothing has the key, or the stored version is another one.</exception>
    Task<WriteResult> UpdateAsync(TEntity entity, long? expectedVersion = null, WriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Stores an entity whether or not its key exists. A blind write: it learns nothing of what was there, so later reads of other keys are not held
    /// to its position; its result's version is 0.
    /// </summary>
    /// <exception cref="ConflictException">Another unique value exists already, or another constraint is violated.</exception>
    Task<WriteResult> UpsertAsync(TEntity entity, WriteOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Removes an entity. Without an expected version it is a blind write that succeeds whether or not the key exists.</summary>
    /// <param name="key">The key.</param>
    /// <param name="expectedVersion">Remove only if the stored version is this one, 1 or more. Needs a version column.</param>
    /// <param name="options">What this write asks for.</param>
    /// <param name="cancellationToken">Ends the wait. Once the write is on its way its outcome stays unknown then.</param>
    /// <exception cref="ConflictException">An expected version was given, and nothing has the key or the stored version is another one.</exception>
    Task<WriteResult> DeleteAsync(TKey key, long? expectedVersion = null, WriteOptions? options = null, CancellationToken cancellationToken = default);
}
