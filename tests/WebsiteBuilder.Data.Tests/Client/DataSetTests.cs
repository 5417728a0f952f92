using WebsiteBuilder.Data.Client;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Tests.Client;

/// <summary>Whose data a data source's name means.</summary>
public class DataSetTests
{
    private static readonly Territory Asia = Territory.Parse("asia");

    private readonly EntityRegistry _entities = new EntityRegistry().Add(UserMap.Map, EntityPolicy.Critical).Add(Setting.Map, EntityPolicy.Relaxed);
    private readonly DataTier _tier = new(
        new ShardDirectory([Shard(0, "west", "emea", "americas"), Shard(1, "east", "asia")]),
        [],
        new ClientDefaults(ConsistencyLevel.Session, TimeSpan.FromSeconds(5), WriteDurability.RemoteFlush, TimeSpan.FromSeconds(10)));

    [Fact]
    public void A_table_brings_its_policy_and_the_territory_says_the_shard() =>
        Assert.Equal((1, EntityPolicy.Critical), Resolve("users", Asia));

    [Fact]
    public void A_table_without_territory_is_where_its_map_says() => Assert.Equal((1, EntityPolicy.Relaxed), Resolve("settings"));

    [Theory]
    [InlineData("west", 0)]
    [InlineData("east", 1)]
    [InlineData("americas", 0)]
    [InlineData("asia", 1)]
    public void A_shard_or_a_territory_is_a_data_set_too(string name, int shard) => Assert.Equal((shard, EntityPolicy.Default), Resolve(name));

    [Fact]
    public void A_territory_may_confirm_a_shard() => Assert.Equal(1, Resolve("east", Asia).Shard);

    [Theory]
    [InlineData("users", "", "say which one")]
    [InlineData("users", "moon", "No configured shard")]
    [InlineData("settings", "asia", "isn't divided")]
    [InlineData("west", "asia", "isn't in the shard")]
    [InlineData("nothing", "", "No registered table")]
    [InlineData("Not a name!", "", "No registered table")]
    [InlineData(" ", "", "")]
    public void Anything_else_is_refused(string name, string territory, string message)
    {
        var refused = Assert.ThrowsAny<ArgumentException>(() => Resolve(name, territory.Length == 0 ? default : Territory.Parse(territory)));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    private static ShardDefinition Shard(int number, string name, params string[] territories) =>
        new(new ShardId(StoreKind.PostgreSql, number), name, [.. territories.Select(Territory.Parse)], []);

    private (int Shard, EntityPolicy Policy) Resolve(string name, Territory territory = default) => DataSets.Resolve(name, territory, _entities, _tier);

    private sealed record Setting(long Id)
    {
        public static EntityMap<Setting, long> Map { get; } = EntityMap.Create<Setting, long>("settings", static setting => setting.Id, static map =>
        {
            var id = map.Key("id", static setting => setting.Id, static key => key);
            map.StoredIn("east");
            return row => new Setting(row.Get(id));
        });
    }
}
