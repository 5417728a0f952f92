namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>What simulated applications store: a number under a key, in the shard of the key's territory.</summary>
internal sealed record Item(ItemKey Key, long Value)
{
    public static readonly EntityMap<Item, ItemKey> Map = EntityMap.Create<Item, ItemKey>("items", static item => item.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static item => item.Key.Id, static key => key.Id);
        var value = map.Column("value", static item => item.Value);
        var version = map.Version("version", static item => item.Version);
        return row =>
        {
            var item = new Item(new ItemKey(row.Territory, row.Get(id)), row.Get(value)) { Version = row.Get(version) };
            return item.Value >= 0 ? item : throw new UnreadableItemException(item.Key);
        };
    });

    public static EntityColumn<Item, long> Id => (EntityColumn<Item, long>)Map.Columns[0];

    public long Version { get; init; }
}

/// <summary>An application's own refusal to make an item of a row.</summary>
internal sealed class UnreadableItemException(ItemKey key) : Exception("The row is no item.")
{
    public ItemKey Key { get; } = key;
}

/// <summary>The key of an item.</summary>
internal readonly record struct ItemKey(Territory Territory, long Id);
