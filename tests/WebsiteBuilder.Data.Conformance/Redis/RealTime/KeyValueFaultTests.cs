using System.Text;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>What sessions are told while replicas lag, and after promotions that lost something.</summary>
public sealed class KeyValueFaultTests(KeyValueFaultTests.Tier tier) : IClassFixture<KeyValueFaultTests.Tier>
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);
    private static readonly ReadOptions Session = new() { Timeout = TimeSpan.FromSeconds(30) };
    private static readonly ReadOptions Eventual = new() { Timeout = TimeSpan.FromSeconds(30), Consistency = ConsistencyLevel.Eventual };
    private static readonly ReadOptions Strong = new() { Timeout = TimeSpan.FromSeconds(30), Consistency = ConsistencyLevel.Strong };
    private static readonly KeyValueWriteOptions Confirmed = new() { Durability = new RedisDurability(1, TimeSpan.FromSeconds(30)) };

    private readonly RealTimeOptions _options = new() { Prefix = Guid.NewGuid().ToString("n"), KeyValues = new KeyValuePolicy { Partitions = 1 } };

    private LocalRedisPair Pair => tier.Pair;

    [Fact]
    public async Task A_replica_answers_what_it_can_prove_and_the_primary_the_rest()
    {
        await using var channel = await OpenAsync();
        var store = new RealTimeStore(channel, _options);
        var (writer, reader) = (store.KeyValues(), store.KeyValues());
        await writer.SetAsync("a", Bytes("old"), Confirmed);
        await writer.SetAsync("b", Bytes("same"), Confirmed);
        Assert.Equal(("old", AnswerSource.Replica), await ReadAsync(writer, "a", Session));

        await Pair.Replica.CutReplicationAsync();
        try
        {
            var written = await writer.SetAsync("a", Bytes("new"));
            // Others may still be told the old value; who wrote it, and whoever continues his session, may not.
            Assert.Equal(("old", AnswerSource.Replica), await ReadAsync(reader, "a", Session));
            Assert.Equal(("new", AnswerSource.Primary), await ReadAsync(writer, "a", Session));
            Assert.Equal(("new", AnswerSource.Primary), await ReadAsync(store.KeyValues(SessionToken.Parse(writer.Token.ToString())), "a", Session));
            Assert.Equal(("old", AnswerSource.Replica), await ReadAsync(writer, "a", Eventual));
            Assert.Equal(RouteReason.OtherBehind, (await writer.GetAsync("a", Session)).Reason);

            // Having read it, he requires it of every key: what it was read from may be newer elsewhere, too.
            Assert.Equal(("same", AnswerSource.Primary), await ReadAsync(writer, "b", Session));
            // The other one saw nothing of it, until he does.
            Assert.Equal(("same", AnswerSource.Replica), await ReadAsync(reader, "b", Session));
            Assert.Equal(("new", AnswerSource.Primary), await ReadAsync(reader, "a", Strong));
            Assert.Equal(("new", AnswerSource.Primary), await ReadAsync(reader, "a", Session));
            Assert.Equal(AnswerSource.Replica, (await reader.GetManyAsync(["a", "b"], Eventual)).Source);
            Assert.Equal(written.Version, (await reader.GetManyAsync(["a", "b"], Session)).Value["a"].Version);
        }
        finally
        {
            await Pair.Replica.FollowAsync(Pair.Primary);
        }

        Assert.Equal(("new", AnswerSource.Replica), await ReadAsync(writer, "a", Session));
    }

    [Fact]
    public async Task What_a_primary_may_have_let_end_by_its_clock_is_not_taken_from_a_replica()
    {
        await using var channel = await OpenAsync();
        RealTimeOptions options = new() { Prefix = _options.Prefix, KeyValues = new KeyValuePolicy { Partitions = 1, MaxClockSkew = TimeSpan.FromMinutes(30) } };
        var (doubtful, sure) = (new RealTimeStore(channel, options).KeyValues(), new RealTimeStore(channel, _options).KeyValues());
        await sure.SetAsync("ends soon", Bytes("1"), Confirmed with { Expiry = TimeSpan.FromMinutes(29) });
        await sure.SetAsync("ends later", Bytes("2"), Confirmed with { Expiry = TimeSpan.FromMinutes(50) });
        await sure.SetAsync("stays", Bytes("3"), Confirmed);
        Assert.Equal(("1", AnswerSource.Primary), await ReadAsync(doubtful, "ends soon", Session));
        Assert.Equal(("1", AnswerSource.Replica), await ReadAsync(doubtful, "ends soon", Eventual));
        Assert.Equal(("1", AnswerSource.Replica), await ReadAsync(sure, "ends soon", Session));
        Assert.Equal(("2", AnswerSource.Replica), await ReadAsync(doubtful, "ends later", Session));
        Assert.Equal(("3", AnswerSource.Replica), await ReadAsync(doubtful, "stays", Session));
        Assert.Equal(AnswerSource.Primary, (await doubtful.GetManyAsync(["ends soon", "stays"], Session)).Source);
    }

    [Fact]
    public async Task A_blind_write_is_required_of_its_own_key_only()
    {
        await using var channel = await OpenAsync();
        var keys = new RealTimeStore(channel, _options).KeyValues();
        await new RealTimeStore(channel, _options).KeyValues().SetAsync("b", Bytes("same"), Confirmed);
        await Pair.Replica.CutReplicationAsync();
        try
        {
            await keys.SetAsync("a", Bytes("new"));
            Assert.Equal(("same", AnswerSource.Replica), await ReadAsync(keys, "b", Session));
            Assert.Equal(("new", AnswerSource.Primary), await ReadAsync(keys, "a", Session));
        }
        finally
        {
            await Pair.Replica.FollowAsync(Pair.Primary);
        }
    }

    [Fact]
    public async Task A_replica_that_has_no_such_key_is_not_believed()
    {
        await using var channel = await OpenAsync();
        var keys = new RealTimeStore(channel, _options).KeyValues();
        await keys.SetAsync("a", Bytes("there"), Confirmed);
        Assert.Equal(AnswerSource.Primary, (await keys.GetAsync("b", Session)).Source);
        Assert.Equal(AnswerSource.Replica, (await keys.GetAsync("b", Eventual)).Source);
    }

    [Fact]
    public async Task A_hanging_replica_leaves_time_for_the_primary()
    {
        await using var channel = await OpenAsync();
        var keys = new RealTimeStore(channel, _options).KeyValues();
        await keys.SetAsync("a", Bytes("there"), Confirmed);
        await Pair.Replica.FreezeAsync();
        try
        {
            var read = await keys.GetAsync("a", new ReadOptions { Timeout = TimeSpan.FromSeconds(4) });
            Assert.Equal((AnswerSource.Primary, RouteReason.OtherFailed), (read.Source, read.Reason));
        }
        finally
        {
            await Pair.Replica.ThawAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_a_promotion_lost_is_said_and_not_hidden(bool isWrittenOver)
    {
        await using var channel = await OpenAsync();
        var store = new RealTimeStore(channel, _options);
        var (loser, other) = (store.KeyValues(), store.KeyValues());
        await loser.SetAsync("a", Bytes("kept"), Confirmed);
        await ReadAsync(other, "a", Strong);
        await Pair.Replica.CutReplicationAsync();
        var lost = await loser.SetAsync("a", Bytes("lost"));
        await Pair.Replica.PromoteAsync();
        await Pair.Primary.FollowAsync(Pair.Replica);
        try
        {
            if (isWrittenOver)
            {
                KeyValueResult over = default;
                await Eventually.TrueAsync(async () => await TryAsync(async () => over = await store.KeyValues().SetAsync("a", Bytes("over"))));
                Assert.True(over.Version > lost.Version);
            }

            SessionHistoryLostException? told = null;
            await Eventually.TrueAsync(async () => await TryAsync(async () => told = await LossAsync(loser)));
            // And again, until the session is given up; by every process that continues it.
            await Assert.ThrowsAsync<SessionHistoryLostException>(async () => await loser.GetAsync("b", Session));
            await Assert.ThrowsAsync<SessionHistoryLostException>(async () => await store.KeyValues(SessionToken.Parse(loser.Token.ToString())).GetManyAsync(["a", "b"], Session));
            Assert.Equal(isWrittenOver ? "over" : "kept", (await ReadAsync(store.KeyValues(told!.Remaining), "a", Session)).Text);
            // Whoever saw nothing of it goes on.
            Assert.Equal(isWrittenOver ? "over" : "kept", (await ReadAsync(other, "a", Strong)).Text);
            Assert.False((await store.KeyValues().SetAsync("a", Bytes("late"), new KeyValueWriteOptions { ExpectedVersion = lost.Version })).IsApplied);
        }
        finally
        {
            await Pair.Primary.PromoteAsync();
            await Pair.Replica.FollowAsync(Pair.Primary);
        }
    }

    [Fact]
    public async Task Promotions_that_lose_nothing_are_not_noticed_however_many_there_are()
    {
        await using var channel = await OpenAsync();
        var store = new RealTimeStore(channel, _options);
        var (busy, idle) = (store.KeyValues(), store.KeyValues());
        await busy.SetAsync("a", Bytes("0"), Confirmed);
        await idle.SetAsync("b", Bytes("mine"), Confirmed);
        var (primary, replica) = (Pair.Primary, Pair.Replica);
        var expected = "0";
        try
        {
            for (var round = 1; round <= 4; round++)
            {
                await replica.PromoteAsync();
                await primary.FollowAsync(replica);
                (primary, replica) = (replica, primary);
                expected = $"{round}";
                var confirmed = 0;
                await Eventually.TrueAsync(async () => await TryAsync(async () => confirmed = (await busy.SetAsync("a", Bytes(expected), Confirmed)).Replicas) && confirmed == 1);
                await Eventually.TrueAsync(async () => await TryAsync(async () => Assert.Equal(expected, (await ReadAsync(busy, "a", Session)).Text)));
                if (round < 4)
                {
                    await Eventually.TrueAsync(async () => await TryAsync(async () => Assert.Equal("mine", (await ReadAsync(idle, "b", Strong)).Text)));
                }
            }
        }
        finally
        {
            await Pair.Primary.PromoteAsync();
            await Pair.Replica.FollowAsync(Pair.Primary);
        }
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(17, false)]
    public async Task Sixteen_histories_are_remembered_and_older_ones_are_not_guessed_at(int switches, bool isKnown)
    {
        await using var channel = await OpenAsync();
        var store = new RealTimeStore(channel, _options);
        var keys = store.KeyValues();
        await keys.SetAsync("a", Bytes("first"), Confirmed);
        for (var at = 0; at < switches; at++)
        {
            // As a promotion leaves it: what was written before belongs to another stream.
            await Pair.Primary.AdminAsync("HSET", $"{_options.Prefix}:{{kv:0}}:head", "r", $"{at}");
            await store.KeyValues().SetAsync("b", Bytes($"{at}"));
        }

        var error = await Record.ExceptionAsync(async () => Assert.Equal("first", (await ReadAsync(keys, "a", Strong)).Text));
        Assert.Equal(isKnown, error is null);
        Assert.True(isKnown || error is SessionHistoryLostException);
    }

    [Fact]
    public async Task A_flush_is_a_loss_too()
    {
        await using var channel = await OpenAsync();
        var store = new RealTimeStore(channel, _options);
        var keys = store.KeyValues();
        await keys.SetAsync("a", Bytes("gone"), Confirmed);
        await Pair.Primary.AdminAsync("FLUSHALL");
        await Assert.ThrowsAsync<SessionHistoryLostException>(async () => await keys.GetAsync("a", Strong));
        await store.KeyValues().SetAsync("a", Bytes("anew"), Confirmed);
        var told = await Assert.ThrowsAsync<SessionHistoryLostException>(async () => await keys.GetAsync("a", Session));
        Assert.Equal("anew", (await ReadAsync(store.KeyValues(told.Remaining), "a", Session)).Text);
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

    private static async Task<SessionHistoryLostException> LossAsync(IKeyValueStore keys)
    {
        try
        {
            var read = await keys.GetAsync("a", Session);
            throw new InvalidOperationException($"The {read.Source} answered as if nothing were lost.");
        }
        catch (SessionHistoryLostException lost)
        {
            return lost;
        }
    }

    private static async Task<(string Text, AnswerSource Source)> ReadAsync(IKeyValueStore keys, string key, ReadOptions options)
    {
        var read = await keys.GetAsync(key, options);
        return (Encoding.UTF8.GetString(read.Value!.Value.Span), read.Source);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A channel that has found out who the replica is.</summary>
    private async Task<RespChannel> OpenAsync()
    {
        var channel = new RespChannel(Pair.CreateChannelOptions());
        await Eventually.TrueAsync(() => TryAsync(async () => await channel.ExecuteAsync(RedisCommand.Read("PING"), new RedisCallOptions(RedisTarget.Replica, Long))));
        return channel;
    }

    public sealed class Tier : PairTier;
}
