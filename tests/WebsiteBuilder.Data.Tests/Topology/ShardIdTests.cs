namespace WebsiteBuilder.Data.Tests.Topology;

public class ShardIdTests
{
    [Theory]
    [InlineData(StoreKind.Unspecified, 0)]
    [InlineData(StoreKind.Redis + 1, 0)]
    [InlineData((StoreKind)(-1), 0)]
    [InlineData(StoreKind.PostgreSql, -1)]
    [InlineData(StoreKind.PostgreSql, ShardId.MaxNumber + 1)]
    public void A_kind_or_number_out_of_range_is_refused(StoreKind store, int number) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShardId(store, number));

    [Fact]
    public void Shards_are_ordered_by_store_then_number()
    {
        ShardId[] ordered =
        [
            new(StoreKind.PostgreSql, 0), new(StoreKind.PostgreSql, ShardId.MaxNumber), new(StoreKind.MongoDb, 0), new(StoreKind.InfluxDb, 7),
            new(StoreKind.Redis, 2), new(StoreKind.Redis, 10),
        ];

        Assert.Equal(ordered, ordered.Reverse().Order());
        foreach (var (lower, higher) in ordered.Zip(ordered.Skip(1)))
        {
            Assert.True(lower < higher && lower <= higher && higher > lower && higher >= lower && lower != higher);
        }
    }

    [Fact]
    public void A_shard_is_shown_by_its_store_and_number() => Assert.Equal("Redis/12", new ShardId(StoreKind.Redis, 12).ToString());
}
