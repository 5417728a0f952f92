using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>Entities of one kind within one run of a unit of work.</summary>
internal sealed class UnitOfWorkRepository<TEntity, TKey>(UnitOfWork unit, EntityRegistration<TEntity, TKey> registration, UnitScope scope)
    : IUnitOfWorkRepository<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private EntityMap<TEntity, TKey> Map => registration.Map;

    public ValueTask<TEntity?> FindAsync(TKey key, bool forUpdate = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        RequireHere(scope.Tier.Directory.ShardOf(Map, key), nameof(key));
        return unit.ReadAsync(
            (Map, key, forUpdate),
            static (transaction, state, before, token) => transaction.FindAsync(state.Map, state.key, state.forUpdate, before, token),
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<TEntity>> QueryAsync(Query<TEntity> query, bool forUpdate = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        RequireHere(Map.HasTerritory ? scope.Tier.Directory.ShardOf(query.Territory) : scope.Tier.Directory.FixedShardOf(Map), nameof(query));
        return unit.ReadAsync(
            (Map, query, forUpdate),
            static (transaction, state, before, token) => transaction.QueryAsync(state.Map, state.query, state.forUpdate, before, token),
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
        unit.Stage(new StagedWrite<TEntity, TKey>(Map, write), registration.Policy);
    }

    private void RequireHere(int shard, string parameter)
    {
        if (shard != scope.Shard)
        {
            throw new ArgumentException("A unit of work stays within one shard, and this is in another one: its transaction can't reach there.", parameter);
        }
    }
}
