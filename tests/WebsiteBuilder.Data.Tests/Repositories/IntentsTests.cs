using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data.Tests.Repositories;

public class IntentsTests
{
    private static readonly ClientDefaults Defaults = new(
        ConsistencyLevel.Session, TimeSpan.FromSeconds(5), WriteDurability.RemoteFlush, TimeSpan.FromSeconds(10));

    [Fact]
    public void Nothing_said_means_the_clients_defaults()
    {
        var read = Intents.Resolve((ReadOptions?)null, EntityPolicy.Default, Defaults);
        var write = Intents.Resolve((WriteOptions?)null, EntityPolicy.Default, Defaults);

        Assert.Equal((ConsistencyLevel.Session, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10), false), (read.Level, read.MaxStaleness, read.Timeout, read.ServeStale));
        Assert.True(read.Only.IsUnspecified);
        Assert.Equal((WriteDurability.RemoteFlush, TimeSpan.FromSeconds(10)), (write.Durability, write.Timeout));
    }

    [Fact]
    public void The_policy_wins_over_the_client_and_the_call_over_the_policy()
    {
        Assert.Equal(ConsistencyLevel.Strong, Intents.Resolve((ReadOptions?)null, EntityPolicy.Critical, Defaults).Level);
        Assert.Equal(WriteDurability.RemoteApply, Intents.Resolve((WriteOptions?)null, EntityPolicy.Critical, Defaults).Durability);
        Assert.Equal(ConsistencyLevel.Eventual, Intents.Resolve(new ReadOptions { Consistency = ConsistencyLevel.Eventual }, EntityPolicy.Critical, Defaults).Level);
        Assert.Equal(WriteDurability.Off, Intents.Resolve(new WriteOptions { Durability = WriteDurability.Off }, EntityPolicy.Critical, Defaults).Durability);
    }

    [Fact]
    public void Unspecified_in_a_call_skipped_the_policy_and_weakened_what_it_asks()
    {
        Assert.Equal(ConsistencyLevel.Strong, Intents.Resolve(new ReadOptions { Consistency = ConsistencyLevel.Unspecified }, EntityPolicy.Critical, Defaults).Level);
        Assert.Equal(WriteDurability.RemoteApply, Intents.Resolve(new WriteOptions { Durability = WriteDurability.Unspecified }, EntityPolicy.Critical, Defaults).Durability);
    }

    [Fact]
    public void Unspecified_in_a_policy_says_nothing()
    {
        var policy = new EntityPolicy { Consistency = ConsistencyLevel.Unspecified, Durability = WriteDurability.Unspecified };

        Assert.Equal(ConsistencyLevel.Session, Intents.Resolve((ReadOptions?)null, policy, Defaults).Level);
        Assert.Equal(WriteDurability.RemoteFlush, Intents.Resolve((WriteOptions?)null, policy, Defaults).Durability);
    }

    [Fact]
    public void Staleness_comes_from_the_call_then_the_policy()
    {
        var policy = new EntityPolicy { MaxStaleness = TimeSpan.FromSeconds(1) };

        Assert.Equal(TimeSpan.FromSeconds(1), Intents.Resolve((ReadOptions?)null, policy, Defaults).MaxStaleness);
        Assert.Equal(TimeSpan.Zero, Intents.Resolve(new ReadOptions { MaxStaleness = TimeSpan.Zero }, policy, Defaults).MaxStaleness);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void Levels_without_a_name_are_refused(int value)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Intents.Resolve(new ReadOptions { Consistency = (ConsistencyLevel)value }, EntityPolicy.Default, Defaults));
        Assert.Throws<ArgumentOutOfRangeException>(() => Intents.Resolve(new WriteOptions { Durability = (WriteDurability)(value < 0 ? value : value + 1) }, EntityPolicy.Default, Defaults));
    }

    [Fact]
    public void Spans_out_of_range_are_refused()
    {
        foreach (var staleness in new[] { TimeSpan.FromTicks(-1), TimeSpan.FromDays(7) + TimeSpan.FromTicks(1), TimeSpan.MaxValue })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Intents.Resolve(new ReadOptions { MaxStaleness = staleness }, EntityPolicy.Default, Defaults));
        }

        foreach (var timeout in new[] { TimeSpan.Zero, TimeSpan.FromTicks(-1), Timeout.InfiniteTimeSpan, TimeSpan.FromHours(1) + TimeSpan.FromTicks(1) })
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => Intents.Resolve(new ReadOptions { Timeout = timeout }, EntityPolicy.Default, Defaults));
            Assert.Throws<ArgumentOutOfRangeException>(() => Intents.Resolve(new WriteOptions { Timeout = timeout }, EntityPolicy.Default, Defaults));
        }
    }

    [Fact]
    public void Writes_are_resolvable_unless_the_policy_says_no_and_no_key_needs_it()
    {
        var off = new EntityPolicy { Resolvable = false };
        Assert.True(Intents.Resolve((WriteOptions?)null, EntityPolicy.Default, Defaults).Resolvable);
        Assert.False(Intents.Resolve((WriteOptions?)null, off, Defaults).Resolvable);
        Assert.True(Intents.Resolve(new WriteOptions { IdempotencyKey = "once" }, off, Defaults).Resolvable);
    }

    [Fact]
    public void A_region_asked_for_is_the_only_one()
    {
        var region = RegionId.Parse("eu");

        Assert.Equal(region, Intents.Resolve(new ReadOptions { Region = region }, EntityPolicy.Default, Defaults).Only);
    }
}
