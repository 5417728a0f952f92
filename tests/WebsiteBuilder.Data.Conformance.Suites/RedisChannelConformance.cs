using System.Globalization;

namespace WebsiteBuilder.Data.Conformance;

/// <summary>
/// What every implementation of <see cref="IRedisChannel"/> keeps. Derive from it, and give it a deployment:
/// <code>public sealed class MyChannelConformance(MyFixture fixture) : RedisChannelConformance&lt;MyFixture&gt;(fixture);</code>
/// </summary>
/// <typeparam name="TFixture">The deployment, made once for the class.</typeparam>
public abstract class RedisChannelConformance<TFixture>(TFixture fixture) : IClassFixture<TFixture>
    where TFixture : class, IRedisFixture
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly RedisCallOptions Patient = new(Timeout: Patience);

    private readonly string _tag = Guid.NewGuid().ToString("n");

    private IRedisChannel Channel => fixture.Channel;

    [Fact]
    public async Task What_was_written_is_read()
    {
        Assert.True((await DoAsync(RedisCommand.Write("SET", Key("a"), "héllo😀"))).AsBoolean());
        Assert.Equal("héllo😀", (await DoAsync(RedisCommand.Read("GET", Key("a")))).AsString());
        Assert.True((await DoAsync(RedisCommand.Read("GET", Key("none")))).IsNull);
        Assert.False((await DoAsync(RedisCommand.Write("SET", Key("a"), "x", "NX"))).AsBoolean());
        Assert.Equal(2, (await DoAsync(RedisCommand.Write("INCRBY", Key("n"), 2))).AsInt64());
    }

    [Fact]
    public async Task Bytes_stay_bytes()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(static value => (byte)value)];
        await DoAsync(RedisCommand.Write("SET", RedisArgument.Key(new byte[] { 0, 13, 10, 255 }), all));

        Assert.Equal(all, (await DoAsync(RedisCommand.Read("GET", RedisArgument.Key(new byte[] { 0, 13, 10, 255 })))).AsBytes());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(3_000_000)]
    public async Task Values_of_any_size_come_back(int size)
    {
        var value = new byte[size];
        new Random(size).NextBytes(value);
        await DoAsync(RedisCommand.Write("SET", Key("big"), value));

        Assert.Equal(value, (await DoAsync(RedisCommand.Read("GET", Key("big")))).AsBytes());
    }

    [Fact]
    public async Task Lists_maps_and_numbers_mean_the_same_everywhere()
    {
        await DoAsync(RedisCommand.Write("RPUSH", Key("l"), "a", "b", "c"));
        Assert.Equal(["a", "b", "c"], Texts(await DoAsync(RedisCommand.Read("LRANGE", Key("l"), 0, -1))));
        Assert.Equal(["a"], Texts(await DoAsync(RedisCommand.Read("LRANGE", Key("l"), 0, 0))));
        Assert.Equal(0, (await DoAsync(RedisCommand.Read("LRANGE", Key("nolist"), 0, -1))).AsItems().Length);
        await DoAsync(RedisCommand.Write("HSET", Key("h"), "f", "v", "g", ""));
        Assert.Equal("v", (await DoAsync(RedisCommand.Read("HGETALL", Key("h"))))["f"].AsString());
        Assert.Equal("", (await DoAsync(RedisCommand.Read("HGETALL", Key("h"))))["g"].AsString());
        await DoAsync(RedisCommand.Write("ZADD", Key("z"), 1.5, "m"));
        Assert.Equal(1.5, (await DoAsync(RedisCommand.Read("ZSCORE", Key("z"), "m"))).AsDouble());
        await DoAsync(RedisCommand.Write("XADD", Key("x"), "1-1", "f", "v"));
        Assert.Equal("v", (await DoAsync(RedisCommand.Read("XRANGE", Key("x"), "-", "+"))).Items[0].Items[1].Items[1].AsString());
    }

    [Fact]
    public async Task An_error_is_thrown_with_its_kind_and_had_no_effect()
    {
        await DoAsync(RedisCommand.Write("SET", Key("s"), "text"));
        var fault = await Assert.ThrowsAsync<RedisFaultException>(() => DoAsync(RedisCommand.Write("LPUSH", Key("s"), "secret")));

        Assert.Equal((RedisFaultKind.Rejected, "WRONGTYPE", WriteDisposition.NotApplied), (fault.Kind, fault.Code, fault.Disposition));
        Assert.DoesNotContain("secret", fault.Message, StringComparison.Ordinal);
        Assert.Equal("text", (await DoAsync(RedisCommand.Read("GET", Key("s")))).AsString());
    }

    [Fact]
    public async Task Scripts_run_and_are_loaded_again_after_a_flush()
    {
        RedisScript script = new("redis.call('SET', KEYS[1], ARGV[1]); return {KEYS[1], ARGV[1], 7, false}");
        for (var round = 0; round < 3; round++)
        {
            await fixture.AtPrimariesAsync("SCRIPT", "FLUSH");
            var value = round.ToString(CultureInfo.InvariantCulture);
            var answer = await DoAsync(script.Run([Key("scripted")], value));

            Assert.Equal(value, answer.Items[1].AsString());
            Assert.Equal(7, answer.Items[2].AsInt64());
            Assert.True(answer.Items[3].IsNull);
            Assert.Equal(value, (await DoAsync(RedisCommand.Read("GET", Key("scripted")))).AsString());
        }
    }

    [Fact]
    public async Task A_flush_in_the_middle_of_many_calls_is_not_noticed()
    {
        RedisScript script = new("return redis.call('INCR', KEYS[1])");
        var calls = Enumerable.Range(0, 500).Select(_ => DoAsync(script.Run([Key("count")]))).ToList();
        await fixture.AtPrimariesAsync("SCRIPT", "FLUSH");
        calls.AddRange(Enumerable.Range(0, 500).Select(_ => DoAsync(script.Run([Key("count")]))));
        var counts = await Task.WhenAll(calls);

        Assert.Equal(Enumerable.Range(1, 1_000).Select(static count => (long)count), counts.Select(static count => count.AsInt64()).Order());
    }

    [Fact]
    public async Task A_script_that_fails_leaves_it_open_whether_it_did_something()
    {
        RedisScript script = new("redis.call('SET', KEYS[1], 'half'); return redis.call('LPUSH', KEYS[1], 'x')");
        var fault = await Assert.ThrowsAsync<RedisFaultException>(() => DoAsync(script.Run([Key("half")])));

        Assert.Equal((RedisFaultKind.Rejected, WriteDisposition.Ambiguous), (fault.Kind, fault.Disposition));
        Assert.Equal("half", (await DoAsync(RedisCommand.Read("GET", Key("half")))).AsString());
    }

    [Fact]
    public async Task Sixty_four_workers_get_their_own_answers_in_their_own_order()
    {
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async worker =>
        {
            var key = RedisArgument.Key($"{_tag}:{worker}");
            for (var round = 1; round <= 100; round++)
            {
                Assert.Equal(round, (await DoAsync(RedisCommand.Write("INCR", key))).AsInt64());
                var mine = $"{worker}/{round}";
                Assert.Equal(mine, (await DoAsync(RedisCommand.Read("ECHO", mine))).AsString());
            }
        }));
    }

    [Fact]
    public async Task Whoever_gives_up_gets_out_and_nobody_gets_his_answer()
    {
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async worker =>
        {
            for (var round = 0; round < 50; round++)
            {
                using CancellationTokenSource cancel = new();
                var given = Channel.ExecuteAsync(RedisCommand.Read("ECHO", $"given up {worker}"), Patient, cancel.Token);
                var kept = DoAsync(RedisCommand.Read("ECHO", $"{worker}/{round}"));
                await cancel.CancelAsync();
                try
                {
                    Assert.Equal($"given up {worker}", (await given).AsString());
                }
                catch (OperationCanceledException error)
                {
                    Assert.Equal(cancel.Token, error.CancellationToken);
                }

                Assert.Equal($"{worker}/{round}", (await kept).AsString());
            }
        }));
        using CancellationTokenSource before = new();
        await before.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Channel.ExecuteAsync(RedisCommand.Read("PING"), Patient, before.Token));
    }

    [Fact]
    public async Task Keys_of_several_slots_are_refused_by_a_cluster()
    {
        if (!fixture.IsCluster)
        {
            Assert.Equal(2, (await DoAsync(RedisCommand.Read("MGET", RedisArgument.Key("one"), RedisArgument.Key("other")))).AsItems().Length);
            return;
        }

        var fault = await Assert.ThrowsAsync<RedisFaultException>(() => DoAsync(RedisCommand.Read("MGET", RedisArgument.Key("one"), RedisArgument.Key("other"))));

        Assert.Equal((RedisFaultKind.Rejected, "CROSSSLOT", WriteDisposition.NotApplied), (fault.Kind, fault.Code, fault.Disposition));
        Assert.Equal(2, (await DoAsync(RedisCommand.Read("MGET", Key("one"), Key("other")))).AsItems().Length);
    }

    [Fact]
    public async Task Every_slot_finds_its_node()
    {
        for (var key = 0; key < 300; key++)
        {
            await DoAsync(RedisCommand.Write("SET", RedisArgument.Key($"{_tag}:{key}"), key));
        }

        var values = await Task.WhenAll(Enumerable.Range(0, 300).Select(key => DoAsync(RedisCommand.Read("GET", RedisArgument.Key($"{_tag}:{key}")))));

        Assert.Equal(Enumerable.Range(0, 300).Select(static key => (long)key), values.Select(static value => value.AsInt64()));
    }

    [Fact]
    public async Task Replicas_answer_reads()
    {
        await DoAsync(RedisCommand.Write("SET", Key("r"), "v"));
        var read = RedisCommand.Read("GET", Key("r"));
        await SoonAsync(async () =>
        {
            try
            {
                return (await Channel.ExecuteAsync(read, new RedisCallOptions(RedisTarget.Replica, Patience))).AsString() == "v";
            }
            catch (RedisFaultException fault) when (fault.Kind == RedisFaultKind.Unreachable)
            {
                // A cluster's nodes hear of one another's replicas by and by.
                return false;
            }
        });

        Assert.Equal("v", (await Channel.ExecuteAsync(read, new RedisCallOptions(RedisTarget.PreferReplica, Patience))).AsString());
    }

    [Fact]
    public async Task Writes_wait_for_replicas()
    {
        if (!fixture.Replicates)
        {
            await Assert.ThrowsAsync<NotSupportedException>(async () => await Channel.ExecuteReplicatedAsync(RedisCommand.Write("SET", Key("w"), "v"), 1, Patience, Patient));
            return;
        }

        var (reply, replicas) = await Channel.ExecuteReplicatedAsync(RedisCommand.Write("SET", Key("w"), "v"), 1, Patience, Patient);

        Assert.True(reply.AsBoolean());
        Assert.Equal(1, replicas);
        Assert.Equal("v", (await Channel.ExecuteAsync(RedisCommand.Read("GET", Key("w")), new RedisCallOptions(RedisTarget.Replica, Patience))).AsString());
        var few = await Channel.ExecuteReplicatedAsync(RedisCommand.Write("SET", Key("w"), "v2"), 5, TimeSpan.FromMilliseconds(20), Patient);
        Assert.Equal(1, few.Replicas);
    }

    [Fact]
    public async Task Topics_and_patterns_are_heard_from_the_moment_they_say_so()
    {
        using CancellationTokenSource stop = new(Patience);
        await using var named = Channel.SubscribeAsync(RedisTopic.Named($"{_tag}:news"), stop.Token).GetAsyncEnumerator(CancellationToken.None);
        await using var matching = Channel.SubscribeAsync(RedisTopic.Matching($"{_tag}:*"), stop.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.Equal(RedisMessageKind.Established, (await NextAsync(named)).Kind);
        Assert.Equal(RedisMessageKind.Established, (await NextAsync(matching)).Kind);
        for (var number = 0; number < 100; number++)
        {
            await DoAsync(RedisCommand.Write("PUBLISH", $"{_tag}:news", number));
        }

        foreach (var listener in new[] { named, matching })
        {
            for (var number = 0; number < 100; number++)
            {
                var message = await NextAsync(listener);
                Assert.Equal((RedisMessageKind.Message, $"{_tag}:news"), (message.Kind, message.Topic));
                Assert.Equal(number, RedisReply.FromBytes(message.Payload.ToArray()).AsInt64());
            }
        }
    }

    [Fact]
    public async Task A_second_listener_of_a_topic_hears_it_too_and_a_first_may_leave()
    {
        using CancellationTokenSource stop = new(Patience);
        var topic = RedisTopic.Named($"{_tag}:twice");
        var first = Channel.SubscribeAsync(topic, stop.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.Equal(RedisMessageKind.Established, (await NextAsync(first)).Kind);
        await using var second = Channel.SubscribeAsync(topic, stop.Token).GetAsyncEnumerator(CancellationToken.None);
        Assert.Equal(RedisMessageKind.Established, (await NextAsync(second)).Kind);
        await first.DisposeAsync();
        await DoAsync(RedisCommand.Write("PUBLISH", topic.Name, "x"));

        Assert.Equal(RedisMessageKind.Message, (await NextAsync(second)).Kind);
    }

    [Fact]
    public async Task Blocking_commands_hold_nobody_up_or_are_refused()
    {
        var wait = RedisCommand.Write("BLPOP", Key("queue"), 5).AsBlocking();
        if (!Channel.SupportsBlocking)
        {
            await Assert.ThrowsAsync<NotSupportedException>(async () => await Channel.ExecuteAsync(wait, Patient));
            return;
        }

        var waiting = Enumerable.Range(0, 5).Select(_ => Channel.ExecuteAsync(wait, Patient).AsTask()).ToArray();
        for (var item = 0; item < 5; item++)
        {
            await DoAsync(RedisCommand.Write("RPUSH", Key("queue"), item));
        }

        var items = await Task.WhenAll(waiting);
        Assert.Equal([0L, 1, 2, 3, 4], items.Select(static item => item.Items[1].AsInt64()).Order());
        Assert.True((await Channel.ExecuteAsync(RedisCommand.Write("BLPOP", Key("queue"), 0.05).AsBlocking(), Patient)).IsNull);
    }

    private RedisArgument Key(string name) => RedisArgument.Key($"{{{_tag}}}:{name}");

    private async Task<RedisReply> DoAsync(RedisCommand command) => await Channel.ExecuteAsync(command, Patient);

    private static List<string?> Texts(in RedisReply list) => [.. list.AsItems().ToArray().Select(static item => item.AsString())];

    private static async Task<RedisMessage> NextAsync(IAsyncEnumerator<RedisMessage> stream)
    {
        Assert.True(await stream.MoveNextAsync());
        return stream.Current;
    }

    private static async Task SoonAsync(Func<Task<bool>> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, "It didn't come true in time.");
        }
    }
}
