using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a stock level.</summary>
/// <param name="Territory">The territory whose stock it is.</param>
/// <param name="Sku">The article, 1 to 64 characters.</param>
public readonly record struct InventoryKey(Territory Territory, string Sku);

/// <summary>How much of an article there is. Change it through <see cref="Inventory"/>, which never promises more than there is.</summary>
public sealed record InventoryLevel
{
    /// <summary>The key.</summary>
    public required InventoryKey Key { get; init; }

    /// <summary>How many pieces are there, 0 or more, the reserved ones included.</summary>
    public required long OnHand { get; init; }

    /// <summary>How many of them are promised to somebody: 0 to <see cref="OnHand"/> (<c>inventory_levels_reserved_check</c>). Default: 0.</summary>
    public long Reserved { get; init; }

    /// <summary>How many can still be promised.</summary>
    public long Available => OnHand - Reserved;

    /// <summary>When it was last changed. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How stock levels are stored: the table <c>inventory_levels</c>.</summary>
public static class InventoryLevelMap
{
    /// <summary>Stock: read at the primary, written to the synchronous standbys.</summary>
    public static EntityPolicy Policy => EntityPolicy.Critical;

    /// <summary>The map.</summary>
    public static EntityMap<InventoryLevel, InventoryKey> Map { get; } = EntityMap.Create<InventoryLevel, InventoryKey>("inventory_levels", static level => level.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var sku = map.Key("sku", static level => level.Key.Sku, static key => key.Sku);
        var onHand = map.Column("on_hand", static level => level.OnHand);
        var reserved = map.Column("reserved", static level => level.Reserved);
        var updated = map.Column("updated_at", static level => level.UpdatedAt);
        var version = map.Version("version", static level => level.Version);
        return row => new InventoryLevel
        {
            Key = new InventoryKey(row.Territory, row.Get(sku)),
            OnHand = row.Get(onHand),
            Reserved = row.Get(reserved),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });

    /// <summary>The article, for queries.</summary>
    public static EntityColumn<InventoryLevel, string> Sku { get; } = Map.Text("sku");

    /// <summary>The pieces that are there, for queries.</summary>
    public static EntityColumn<InventoryLevel, long> OnHand { get; } = Map.Column<InventoryLevel, InventoryKey, long>("on_hand");
}
