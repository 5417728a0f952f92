using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Client;

/// <summary>A map, and which shards hold its data.</summary>
/// <param name="Map">What it needs.</param>
/// <param name="HasTerritory">Whether all shards with territories do.</param>
/// <param name="Shard">Otherwise the only one that does; null for the one that there is.</param>
internal sealed record PlacedMap(ExpectedTable Map, bool HasTerritory, string? Shard)
{
    public bool IsIn(ShardOptions shard, int shards) =>
        HasTerritory ? shard.Territories.Count > 0
        : Shard is null ? shards == 1
        : string.Equals(Shard, shard.Name, StringComparison.Ordinal);
}

/// <summary>Says what a client needs to find in its shards.</summary>
internal static class SchemaNeeds
{
    private static readonly ExpectedMigration[] Shipped =
        [.. Migration.All.Select(static migration => new ExpectedMigration(migration.Version, migration.Name, migration.Checksum))];

    /// <summary>Of one shard. Maps that no shard holds are left out: the first operation tells.</summary>
    public static SchemaExpectations Of(ShardOptions shard, DataOptions options, EntityRegistry entities) =>
        new(shard.Name, Shipped, [.. entities.Placed.Where(map => map.IsIn(shard, options.Shards.Count)).Select(static map => map.Map)]);

    /// <exception cref="InvalidOperationException">No configured shard holds the data of some map.</exception>
    public static void RequirePlaces(DataOptions options, EntityRegistry entities)
    {
        if (entities.Placed.FirstOrDefault(map => !options.Shards.Any(shard => map.IsIn(shard, options.Shards.Count))) is { } lost)
        {
            throw new InvalidOperationException($"No configured shard holds the data of the map of '{lost.Map.Table}': correct its shard, or add a territory or a shard to the settings.");
        }
    }
}
