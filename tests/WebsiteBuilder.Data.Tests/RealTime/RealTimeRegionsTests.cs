using System.Globalization;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class RealTimeRegionsTests
{
    private static readonly RegionId[] All = [.. new[] { "eu-west-1", "us-east-1", "us-west-2", "ap-south-1" }.Select(RegionId.Parse)];

    private static readonly string[] Keys = [.. Enumerable.Range(0, 4_000).Select(static key => key.ToString(CultureInfo.InvariantCulture))];

    [Fact]
    public void Keys_spread_over_the_regions_and_only_those_of_a_region_that_goes_move()
    {
        var (all, fewer) = (Of(All), Of(All[1..]));
        var homes = Keys.Select(key => all.HomeOf(key)).ToList();

        Assert.All(homes.CountBy(static home => home), static count => Assert.InRange(count.Value, 850, 1_150));
        Assert.All(Keys.Zip(homes), pair => Assert.True(pair.Second == All[0] || fewer.HomeOf(pair.First) == pair.Second));
        Assert.Equal(homes, Keys.Select(key => Of([.. All.Reverse()]).HomeOf(key)));
    }

    [Fact]
    public void A_home_is_among_the_regions_that_may_have_the_key()
    {
        var regions = Of(All);
        Assert.All(Keys, key => Assert.Contains(regions.HomeOf(key, All[..2]), All[..2]));
        Assert.Throws<ArgumentException>(() => regions.HomeOf("a", [RegionId.Parse("nowhere-1")]));
        Assert.Throws<ArgumentException>(() => regions.At(RegionId.Parse("nowhere-1")));
        Assert.Throws<ArgumentException>(() => new RealTimeRegions(RegionId.Parse("nowhere-1"), new Dictionary<RegionId, RealTimeStore>()));
        Assert.Same(regions.Local, regions.At(All[^1]));
    }

    [Theory]
    [InlineData(16, 15, false)]
    [InlineData(16, 16, true)]
    [InlineData(1, 0, false)]
    [InlineData(512, 600, true)]
    public void Stores_that_share_shard_numbers_are_refused(int partitions, int second, bool isGood)
    {
        var stores = new[] { 0, second }.Zip(All).ToDictionary(
            static pair => pair.Second, pair => new RealTimeStore(new NoChannel(), new RealTimeOptions { KeyValues = new KeyValuePolicy { Partitions = partitions, FirstShard = pair.First } }));
        if (isGood)
        {
            Assert.Same(stores[All[0]], new RealTimeRegions(All[0], stores).Local);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => new RealTimeRegions(All[0], stores));
        }
    }

    [Fact]
    public void One_store_may_serve_two_regions_and_partitions_end_at_512()
    {
        RealTimeStore store = new(new NoChannel());
        Assert.Same(store, new RealTimeRegions(All[0], All.ToDictionary(static region => region, _ => store)).At(All[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RealTimeStore(new NoChannel(), new RealTimeOptions { KeyValues = new KeyValuePolicy { Partitions = 513 } }));
        Assert.Throws<ArgumentException>(() => Of(All).HomeOf("a\uD800"));
        Assert.Throws<ArgumentException>(() => Of(All).GlobalKeys("\uDC00a"));
    }

    private static RealTimeRegions Of(RegionId[] regions) => new(
        regions[^1],
        regions.ToDictionary(
            static region => region,
            region => new RealTimeStore(new NoChannel(), new RealTimeOptions { KeyValues = new KeyValuePolicy { FirstShard = Array.IndexOf(regions, region) * 16 } })));
}
