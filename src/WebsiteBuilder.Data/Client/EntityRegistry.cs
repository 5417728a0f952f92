using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data;

/// <summary>The entities that a client knows. Complete it before the client is made.</summary>
public sealed class EntityRegistry
{
    private readonly Dictionary<(Type Entity, Type Key), Func<DataTier, SessionState, object>> _repositories = [];
    private readonly Dictionary<string, RegisteredSet> _sets = new(StringComparer.Ordinal);

    internal EntityRegistry()
    {
    }

    /// <summary>Registers an entity.</summary>
    /// <param name="map">How it is stored.</param>
    /// <param name="policy">Its defaults; none by default.</param>
    /// <exception cref="ArgumentException">The entity is registered already.</exception>
    public EntityRegistry Add<TEntity, TKey>(EntityMap<TEntity, TKey> map, EntityPolicy? policy = null)
        where TEntity : class
        where TKey : notnull
    {
        ArgumentNullException.ThrowIfNull(map);
        var registration = new EntityRegistration<TEntity, TKey>(map, policy ?? EntityPolicy.Default);
        if (!_repositories.TryAdd(
            (typeof(TEntity), typeof(TKey)), (tier, session) => new EntityRepository<TEntity, TKey>(tier, registration, session)))
        {
            throw new ArgumentException($"{typeof(TEntity).Name} with key {typeof(TKey).Name} is registered already.", nameof(map));
        }

        // Several entities may share a table; the first one's defaults are the table's.
        _sets.TryAdd(map.Table, new RegisteredSet(registration.Policy, map.HasTerritory, directory => directory.FixedShardOf(map)));
        return this;
    }

    internal RegisteredSet? SetNamed(string table) => _sets.GetValueOrDefault(table);

    internal IRepository<TEntity, TKey> Open<TEntity, TKey>(DataTier tier, SessionState session)
        where TEntity : class
        where TKey : notnull =>
        _repositories.TryGetValue((typeof(TEntity), typeof(TKey)), out var open)
            ? (IRepository<TEntity, TKey>)open(tier, session)
            : throw new InvalidOperationException(
                $"No map of {typeof(TEntity).Name} with key {typeof(TKey).Name} is registered; add it where the client is set up.");
}
