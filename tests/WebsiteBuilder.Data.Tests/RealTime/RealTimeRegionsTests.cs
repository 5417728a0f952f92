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

    private static RealTimeRegions Of(RegionId[] regions) => new(regions[^1], regions.ToDictionary(static region => region, static _ => new RealTimeStore(new NoChannel())));

    private sealed class NoChannel : IRedisChannel
    {
        public bool SupportsBlocking => false;

        public ValueTask<RedisReply> ExecuteAsync(RedisCommand command, RedisCallOptions options = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public ValueTask<RedisReplicated> ExecuteReplicatedAsync(
            RedisCommand command, int replicas, TimeSpan patience, RedisCallOptions options = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<RedisMessage> SubscribeAsync(RedisTopic topic, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
