using System.Text;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>A Redis in another region: over links that have a length, hang and are cut.</summary>
public sealed class LinkTests(LinkTests.Tier tier) : IClassFixture<LinkTests.Tier>
{
    private static readonly RegionId Abroad = RegionId.Parse("us-east-1");
    private static readonly RedisCommand Read = RedisCommand.Read("GET", RedisArgument.Key("a"));
    private static readonly RedisCallOptions Patient = new(Timeout: TimeSpan.FromSeconds(20));

    private NetworkLink ToPrimary => tier.Pair.LinkFrom(Abroad, tier.Pair.Primary);

    private NetworkLink ToReplica => tier.Pair.LinkFrom(Abroad, tier.Pair.Replica);

    [Fact]
    public async Task An_answer_takes_as_long_as_the_way_and_a_replica_nearby_does_not()
    {
        await using var channel = await OpenAsync();
        await channel.ExecuteAsync(Read, Patient);
        ToPrimary.RoundTrip = TimeSpan.FromMilliseconds(80);
        try
        {
            var start = TimeProvider.System.GetTimestamp();
            await channel.ExecuteAsync(Read, Patient);
            Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(80));

            // Of many at once each takes the way, but not one after the other.
            start = TimeProvider.System.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => await channel.ExecuteAsync(Read, Patient)));
            Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.FromMilliseconds(80), TimeSpan.FromSeconds(8));
        }
        finally
        {
            ToPrimary.RoundTrip = TimeSpan.Zero;
        }
    }

    [Fact]
    public async Task A_deadline_holds_though_the_link_hangs_and_what_was_sent_is_left_open()
    {
        await using var channel = await OpenAsync();
        await channel.ExecuteAsync(RedisCommand.Write("SET", RedisArgument.Key("n"), 0), Patient);
        ToPrimary.Hang(LinkDirection.ToClient);
        try
        {
            RedisCallOptions brief = new(Timeout: TimeSpan.FromMilliseconds(200));
            var write = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(RedisCommand.Write("INCR", RedisArgument.Key("n")), brief));
            Assert.Equal((RedisFaultKind.Timeout, WriteDisposition.Ambiguous), (write.Kind, write.Disposition));
            var read = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(Read, brief));
            Assert.Equal(WriteDisposition.NotApplied, read.Disposition);
            // It is on its way for as long as a busy machine lets it wait.
            await Eventually.TrueAsync(async () => (await tier.Pair.Primary.AdminAsync("GET", "n")).AsString() == "1");
        }
        finally
        {
            ToPrimary.Heal();
        }

        await Eventually.TrueAsync(async () => await TryAsync(async () => Assert.Equal("1", (await channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key("n")), Patient)).AsString())));
    }

    [Fact]
    public async Task A_region_that_is_cut_off_is_told_so_and_goes_on_when_the_link_is_back()
    {
        await using var channel = await OpenAsync();
        var keys = new RealTimeStore(channel, new RealTimeOptions { Prefix = Guid.NewGuid().ToString("n") }).KeyValues();
        var written = await keys.SetAsync("a", "one"u8.ToArray(), new KeyValueWriteOptions { Durability = new RedisDurability(1, TimeSpan.FromSeconds(20)), Timeout = TimeSpan.FromSeconds(20) });
        Assert.Equal(1, written.Replicas);
        ToPrimary.Cut();
        try
        {
            var fault = await Assert.ThrowsAsync<RedisFaultException>(() => keys.SetAsync("a", "two"u8.ToArray()));
            Assert.True(fault.IsTransient);
            // The replica proves that it has what the session wrote.
            await Eventually.TrueAsync(() => TryAsync(async () =>
            {
                var read = await keys.GetAsync("a", new ReadOptions { Timeout = TimeSpan.FromSeconds(20) });
                Assert.Equal(("one", AnswerSource.Replica), (Encoding.UTF8.GetString(read.Value!.Value.Span), read.Source));
            }));
            await Assert.ThrowsAsync<RedisFaultException>(async () => await keys.GetAsync("a", new ReadOptions { Consistency = ConsistencyLevel.Strong }));
        }
        finally
        {
            ToPrimary.Heal();
        }

        await Eventually.TrueAsync(() => TryAsync(async () => Assert.True((await keys.SetAsync("a", "three"u8.ToArray())).IsApplied)));
    }

    [Fact]
    public async Task A_link_that_resets_connections_in_the_middle_gives_nobody_anothers_answer()
    {
        await using var channel = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async worker => await channel.ExecuteAsync(RedisCommand.Write("SET", RedisArgument.Key($"w{worker}"), worker), Patient)));
        ToPrimary.ResetConnectionsAfter(bytes: 3_000);
        try
        {
            var answered = await Task.WhenAll(Enumerable.Range(0, 32).Select(async worker =>
            {
                var right = 0;
                for (var round = 0; round < 50; round++)
                {
                    await TryAsync(async () =>
                    {
                        Assert.Equal(worker, (await channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key($"w{worker}")), Patient)).AsInt64());
                        right++;
                    });
                }

                return right;
            }));
            Assert.True(answered.Sum() > 0);
        }
        finally
        {
            ToPrimary.Heal();
        }

        await Eventually.TrueAsync(() => TryAsync(async () => await channel.ExecuteAsync(Read, Patient)));
    }

    [Fact]
    public void The_way_is_as_long_as_published_and_only_the_pairs_own()
    {
        Assert.Equal(WanLatency.Between(Abroad, RedisTier.Home).Average, ToReplica.RoundTrip);
        Assert.Same(ToReplica, tier.Pair.LinkFrom(Abroad, tier.Pair.Replica));
        Assert.Throws<InvalidOperationException>(() => ToReplica.Target);
    }

    private static async Task<bool> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return true;
        }
        catch (RedisFaultException fault) when (fault.IsTransient)
        {
            return false;
        }
    }

    private async Task<RespChannel> OpenAsync()
    {
        ToPrimary.RoundTrip = TimeSpan.Zero;
        var channel = new RespChannel(tier.Pair.CreateChannelOptions(Abroad));
        await Eventually.TrueAsync(() => TryAsync(async () => await channel.ExecuteAsync(RedisCommand.Read("PING"), new RedisCallOptions(RedisTarget.Replica, TimeSpan.FromSeconds(20)))));
        return channel;
    }

    public sealed class Tier : PairTier;
}
