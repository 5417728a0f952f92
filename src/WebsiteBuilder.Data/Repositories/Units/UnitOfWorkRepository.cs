using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Entities of one kind within one run of a unit of work.</summary>
internal sealed class UnitOfWorkRepository<TEntity, TKey>(TransactionRun run, EntityRegistration<TEntity, TKey> registration, UnitScope scope)
    : IUnitOfWorkRepository<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private EntityMap<TEntity, TKey> Map => registration.Map;

    public ValueTask<TEntity?> FindAsync(TKey key, RowLock rowLock = RowLock.None, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        RequireLock(rowLock);
        RequireHere(scope.Tier.Directory.ShardOf(Map, key), nameof(key));
        return run.ReadAsync(
            (Map, key, rowLock),
            static (transaction, state, before, token) => transaction.FindAsync(state.Map, state.key, state.rowLock, before, token),
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<TEntity>> QueryAsync(Query<TEntity> query, RowLock rowLock = RowLock.None, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        RequireLock(rowLock);
        RequireHere(Map.HasTerritory ? scope.Tier.Directory.ShardOf(query.Territory) : scope.Tier.Directory.FixedShardOf(Map), nameof(query));
        return run.ReadAsync(
            (Map, query: query.Over(Map.Mapped), rowLock),
            static (transaction, state, before, token) => transaction.QueryAsync(state.Map, state.query, state.rowLock, before, token),
            cancellationToken);
    }

    public void Insert(TEntity entity) => Stage(EntityWriteKind.Insert, entity, null);

    public void Update(TEntity entity, long? expectedVersion = null) => Stage(EntityWriteKind.Update, entity, expectedVersion);

    public void Upsert(TEntity entity) => Stage(EntityWriteKind.Upsert, entity, null);

    public void Delete(TKey key, long? expectedVersion = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        Stage(new EntityWrite<TEntity, TKey>(EntityWriteKind.Delete, key, null, registration.Expected(expectedVersion)));
    }

    private void Stage(EntityWriteKind kind, TEntity entity, long? expectedVersion)
    {
        ArgumentNullException.ThrowIfNull(entity);
        Stage(new EntityWrite<TEntity, TKey>(kind, Map.KeyOf(entity), entity, registration.Expected(expectedVersion)));
    }

    private void Stage(in EntityWrite<TEntity, TKey> write)
    {
        RequireHere(scope.Tier.Directory.ShardOf(Map, write.Key), "key");
        run.Stage(new StagedWrite<TEntity, TKey>(Map, write), registration.Policy);
    }

    private static void RequireLock(RowLock rowLock)
    {
        if (rowLock is < RowLock.None or > RowLock.UpdateSkippingLocked)
        {
            throw new ArgumentOutOfRangeException(nameof(rowLock), rowLock, "A lock must be one of the named values.");
        }
    }

    private void RequireHere(int shard, string parameter)
    {
        if (shard != scope.Shard)
        {
            throw new ArgumentException("A unit of work stays within one shard, and this is in another one: its transaction can't reach there.", parameter);
        }
    }
}
