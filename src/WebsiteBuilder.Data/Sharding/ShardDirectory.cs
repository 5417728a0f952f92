using System.Collections.Frozen;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Sharding;

/// <summary>Which shard holds what: by territory or by name. Immutable.</summary>
internal sealed class ShardDirectory
{
    private readonly FrozenDictionary<Territory, int> _byTerritory;
    private readonly FrozenDictionary<string, int> _byName;
    private readonly string[] _names;

    public ShardDirectory(IReadOnlyList<ShardDefinition> shards)
    {
        _names = [.. shards.Select(static shard => shard.Name)];
        _byName = shards.Select(static (shard, index) => KeyValuePair.Create(shard.Name, index)).ToFrozenDictionary(StringComparer.Ordinal);
        _byTerritory = shards
            .SelectMany(static (shard, index) => shard.Territories.Select(territory => KeyValuePair.Create(territory, index)))
            .ToFrozenDictionary();
    }

    /// <summary>The index of the shard that holds a key.</summary>
    /// <exception cref="ArgumentException">The key names no territory, or one that no shard holds.</exception>
    public int ShardOf<TEntity, TKey>(EntityMap<TEntity, TKey> map, TKey key)
        where TEntity : class
        where TKey : notnull => map.HasTerritory ? ShardOf(map.TerritoryOf(key)) : FixedShardOf(map);

    /// <summary>The index of the shard that holds a territory.</summary>
    public int ShardOf(Territory territory)
    {
        if (territory.IsUnspecified)
        {
            throw new ArgumentException("The key names no territory; set it to where the data is at home.", nameof(territory));
        }

        return _byTerritory.TryGetValue(territory, out var index)
            ? index
            : throw new ArgumentException("No configured shard holds the key's territory; add it to a shard's Territories.", nameof(territory));
    }

    /// <summary>The index of the shard that holds all entities of a map without territory.</summary>
    public int FixedShardOf<TEntity, TKey>(EntityMap<TEntity, TKey> map)
        where TEntity : class
        where TKey : notnull
    {
        if (map.Shard is { } name)
        {
            return ShardNamed(name) ?? throw new InvalidOperationException($"The map of '{map.Table}' names a shard that isn't configured.");
        }

        return _names.Length == 1
            ? 0
            : throw new InvalidOperationException($"The map of '{map.Table}' says neither a territory nor a shard, and there are {_names.Length} shards.");
    }

    /// <summary>The configured name of a shard.</summary>
    public string NameOf(int shard) => _names[shard];

    public bool Holds(Territory territory) => _byTerritory.ContainsKey(territory);

    public int? ShardNamed(string name) => _byName.TryGetValue(name, out var index) ? index : null;
}
