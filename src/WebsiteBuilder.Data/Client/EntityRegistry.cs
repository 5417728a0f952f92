using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data;

/// <summary>The entities that a client knows. Complete it before the client is made.</summary>
public sealed class EntityRegistry : IEntityRegistrations
{
    private readonly Dictionary<(Type Entity, Type Key), object> _registrations = [];
    private readonly Dictionary<string, RegisteredSet> _sets = new(StringComparer.Ordinal);
    private readonly List<PlacedMap> _placed = [];

    internal EntityRegistry()
    {
    }

    /// <summary>All maps, in the order in which they were registered.</summary>
    internal IReadOnlyList<PlacedMap> Placed => _placed;

    /// <summary>The most durable that any entity's policy asks for.</summary>
    internal WriteDurability Strongest { get; private set; }

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
        if (!_registrations.TryAdd((typeof(TEntity), typeof(TKey)), registration))
        {
            throw new ArgumentException($"{typeof(TEntity).Name} with key {typeof(TKey).Name} is registered already.", nameof(map));
        }

        _placed.Add(new PlacedMap(
            new ExpectedTable(
                map.Table, [.. map.Columns.Select(static column => new ExpectedColumn(column.Name, column.ValueType, column.IsKey, column.IsVersion, column.IsJson))]),
            map.HasTerritory,
            map.Shard));

        Strongest = registration.Policy.Durability > Strongest ? registration.Policy.Durability.Value : Strongest;

        // Several entities may share a table; the first one's defaults are the table's.
        _sets.TryAdd(map.Table, new RegisteredSet(registration.Policy, map.HasTerritory, directory => directory.FixedShardOf(map)));
        return this;
    }

    internal RegisteredSet? SetNamed(string table) => _sets.GetValueOrDefault(table);

    EntityRegistration<TEntity, TKey> IEntityRegistrations.Find<TEntity, TKey>() =>
        _registrations.TryGetValue((typeof(TEntity), typeof(TKey)), out var registration)
            ? (EntityRegistration<TEntity, TKey>)registration
            : throw new InvalidOperationException(
                $"No map of {typeof(TEntity).Name} with key {typeof(TKey).Name} is registered; add it where the client is set up.");
}
