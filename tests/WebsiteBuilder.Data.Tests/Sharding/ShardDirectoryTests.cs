using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Tests.Sharding;

public class ShardDirectoryTests
{
    private static readonly Territory Emea = Territory.Parse("emea"), Apac = Territory.Parse("apac"), Us = Territory.Parse("us");
    private static readonly ShardDirectory Directory = new([Shard(1, "emea", Emea), Shard(2, "rest", Apac, Us)]);

    [Fact]
    public void A_territory_is_at_home_in_one_shard()
    {
        Assert.Equal(0, Directory.ShardOf(Emea));
        Assert.Equal(1, Directory.ShardOf(Apac));
        Assert.Equal(1, Directory.ShardOf(Us));
        Assert.Equal(0, Directory.ShardOf(Territory.Parse("EMEA")));
    }

    [Fact]
    public void A_key_without_territory_is_never_guessed_a_home() =>
        Assert.Throws<ArgumentException>(static () => Directory.ShardOf(default(Territory)));

    [Fact]
    public void A_territory_that_no_shard_holds_is_refused() =>
        Assert.Throws<ArgumentException>(static () => Directory.ShardOf(Territory.Parse("mars")));

    [Fact]
    public void A_key_goes_where_its_territory_is_at_home()
    {
        Assert.Equal(1, Directory.ShardOf(UserMap.Map, new UserKey(Us, Guid.Empty)));
        Assert.Throws<ArgumentException>(static () => Directory.ShardOf(UserMap.Map, new UserKey(default, Guid.Empty)));
    }

    [Fact]
    public void Names_are_found_as_they_are_written()
    {
        Assert.Equal(1, Directory.ShardNamed("rest"));
        Assert.Null(Directory.ShardNamed("nowhere"));
    }

    [Fact]
    public void A_map_without_territory_names_its_shard()
    {
        Assert.Equal(1, Directory.FixedShardOf(Map("rest")));
        Assert.Equal(1, Directory.ShardOf(Map("rest"), 7));
        Assert.Throws<InvalidOperationException>(static () => Directory.FixedShardOf(Map("nowhere")));
    }

    [Fact]
    public void A_map_that_says_nothing_fits_only_a_single_shard()
    {
        Assert.Equal(0, new ShardDirectory([Shard(1, "only")]).FixedShardOf(Map(null)));
        var refused = Assert.Throws<InvalidOperationException>(static () => Directory.FixedShardOf(Map(null)));
        Assert.Contains("things", refused.Message, StringComparison.Ordinal);
    }

    private static ShardDefinition Shard(int number, string name, params Territory[] territories) =>
        new(new ShardId(StoreKind.PostgreSql, number), name, territories, [new EndpointDefinition(0, "a", RegionId.Parse("eu"))]);

    private static EntityMap<Thing, int> Map(string? shard) => EntityMap.Create<Thing, int>("things", static thing => thing.Key, map =>
    {
        if (shard is not null)
        {
            map.StoredIn(shard);
        }

        var key = map.Key("id", static thing => thing.Key, static key => key);
        return row => new Thing(row.Get(key));
    });

    private sealed record Thing(int Key);
}
