using System.Diagnostics.CodeAnalysis;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>A primary and its replica that die, freeze, fall behind and change places.</summary>
public sealed class NodeFaultTests(PairTier tier) : IClassFixture<PairTier>
{
    private const int Many = 500;

    private static readonly RedisCallOptions Patient = new(Timeout: TimeSpan.FromSeconds(10));

    private LocalRedisPair Pair => tier.Pair;

    [Fact]
    public async Task A_primary_killed_under_load_costs_no_answer_and_no_acknowledged_write()
    {
        await using var channel = new RespChannel(OnePrimary());
        CountedLoad load = new(channel, static worker => $"killed:{worker}");
        for (var round = 0; round < 3; round++)
        {
            await load.ProgressAsync(2_000);
            await Pair.Primary.KillAsync();
            await Eventually.TrueAsync(() => load.Faults.Any(static fault => fault.Kind == RedisFaultKind.Unreachable));
            load.Faults.Clear();
            await Pair.Primary.StartAsync();
        }

        await load.ProgressAsync(2_000);
        await load.StopAsync();
        await load.JudgeAsync();
    }

    [Fact]
    public async Task A_deadline_holds_though_the_server_is_frozen()
    {
        await using var channel = new RespChannel(OnePrimary());
        await channel.ExecuteAsync(RedisCommand.Write("SET", RedisArgument.Key("frozen"), "v"), Patient);
        await Pair.Primary.FreezeAsync();
        try
        {
            RedisCallOptions brief = new(Timeout: TimeSpan.FromMilliseconds(200));
            var start = TimeProvider.System.GetTimestamp();
            var calls = Enumerable.Range(0, 1_000).Select(at => Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(
                at % 2 == 0 ? RedisCommand.Read("GET", RedisArgument.Key("frozen")) : RedisCommand.Write("SET", RedisArgument.Key("frozen"), "w"), brief))).ToArray();
            var faults = await Task.WhenAll(calls);

            Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.FromMilliseconds(190), TimeSpan.FromSeconds(3));
            Assert.All(faults, static fault => Assert.Equal(RedisFaultKind.Timeout, fault.Kind));
            Assert.Equal(WriteDisposition.NotApplied, faults[0].Disposition);
            Assert.Equal(WriteDisposition.Ambiguous, faults[1].Disposition);
        }
        finally
        {
            await Pair.Primary.ThawAsync();
        }

        Assert.Equal("w", (await channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key("frozen")), Patient)).AsString());
    }

    [Fact]
    public async Task A_connection_that_says_nothing_is_ended_and_made_again()
    {
        var options = OnePrimary();
        options.KeepAlive = TimeSpan.FromMilliseconds(300);
        await using var channel = new RespChannel(options);
        await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient);
        await Pair.Primary.FreezeAsync();
        try
        {
            var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(RedisCommand.Write("INCR", RedisArgument.Key("wedged")), Patient));

            Assert.Equal((RedisFaultKind.Interrupted, WriteDisposition.Ambiguous), (fault.Kind, fault.Disposition));
        }
        finally
        {
            await Pair.Primary.ThawAsync();
        }

        await Eventually.TrueAsync(() => SucceedsAsync(channel, RedisCommand.Read("PING")));
    }

    [Fact]
    public async Task What_is_in_flight_is_bounded()
    {
        var options = OnePrimary();
        options.Limits.MaxInFlight = 100;
        await using var channel = new RespChannel(options);
        await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient);
        await Pair.Primary.FreezeAsync();
        try
        {
            RedisCallOptions brief = new(Timeout: TimeSpan.FromMilliseconds(500));
            var faults = await Task.WhenAll(Enumerable.Range(0, 150).Select(_ =>
                Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(RedisCommand.Write("INCR", RedisArgument.Key("bounded")), brief))));

            var refused = faults.Where(static fault => fault.Kind == RedisFaultKind.Throttled).ToList();
            Assert.Equal(50, refused.Count);
            Assert.All(refused, static fault => Assert.Equal(WriteDisposition.NotApplied, fault.Disposition));
        }
        finally
        {
            await Pair.Primary.ThawAsync();
        }

        await Eventually.TrueAsync(() => SucceedsAsync(channel, RedisCommand.Read("PING")));
    }

    [Fact]
    public async Task Answers_and_deadlines_come_though_the_thread_pool_is_starved()
    {
        await using var channel = new RespChannel(OnePrimary());
        await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient);
        using ManualResetEventSlim release = new();
        var blocked = 0;
        Exception? failure = null;
        RedisFaultException? late = null;
        Thread caller = new(() =>
        {
            try
            {
                for (var round = 0; round < 20; round++)
                {
                    Assert.Equal("PONG", Blocking(channel.ExecuteAsync(RedisCommand.Read("PING"), Patient)).AsString());
                }

                late = Assert.Throws<RedisFaultException>(() => Blocking(channel.ExecuteAsync(
                    RedisCommand.Write("BLPOP", RedisArgument.Key("nothing"), 2), new RedisCallOptions(Timeout: TimeSpan.FromMilliseconds(100)))));
            }
            catch (Exception error)
            {
                failure = error;
            }
            finally
            {
                release.Set();
            }
        });
        for (var number = 0; number < Many; number++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    release.Wait();
                    Interlocked.Increment(ref blocked);
                },
                null);
        }

        // Whatever the pool does next waits behind these.
        caller.Start();
        caller.Join();
        await Eventually.TrueAsync(() => Volatile.Read(ref blocked) == Many);

        Assert.Null(failure);
        Assert.Equal(RedisFaultKind.Timeout, late!.Kind);
    }

    [Fact]
    public async Task Whoever_blocks_where_the_answer_came_holds_up_neither_others_nor_himself()
    {
        await using var channel = new RespChannel(OnePrimary());
        await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient);
        using ManualResetEventSlim others = new();
        var blocker = Task.Run(async () =>
        {
            for (var round = 0; round < 3; round++)
            {
                // Alone, so that this goes on where the answer was read.
                await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient);
                Assert.Equal("PONG", Blocking(channel.ExecuteAsync(RedisCommand.Read("PING"), Patient)).AsString());
            }

            await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient);
            Assert.True(others.Wait(TimeSpan.FromSeconds(10)));
        });
        var other = Task.Run(async () =>
        {
            for (var round = 0; round < 200; round++)
            {
                Assert.Equal("PONG", (await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient)).AsString());
            }

            others.Set();
        });

        await Task.WhenAll(blocker, other).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    [Fact]
    public async Task A_channel_may_be_closed_where_the_answer_came()
    {
        RespChannel channel = new(OnePrimary());
        await Task.Run(async () =>
        {
            await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient).ConfigureAwait(false);
            var last = channel.ExecuteAsync(RedisCommand.Write("BLPOP", RedisArgument.Key("closing"), 5), Patient).AsTask();
            await channel.DisposeAsync();
            await Assert.ThrowsAsync<RedisFaultException>(() => last);
        }).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);
    }

    [Fact]
    public async Task A_replica_that_is_cut_off_answers_with_what_it_has_and_a_dead_one_not_at_all()
    {
        await using var channel = new RespChannel(Pair.CreateChannelOptions());
        RedisCallOptions replica = new(RedisTarget.Replica, TimeSpan.FromSeconds(10));
        var read = RedisCommand.Read("GET", RedisArgument.Key("stale"));
        await channel.ExecuteReplicatedAsync(RedisCommand.Write("SET", RedisArgument.Key("stale"), "old"), 1, TimeSpan.FromSeconds(10), Patient);
        await Pair.Replica.CutReplicationAsync();
        await channel.ExecuteAsync(RedisCommand.Write("SET", RedisArgument.Key("stale"), "new"), Patient);

        Assert.Equal("old", (await channel.ExecuteAsync(read, replica)).AsString());
        Assert.Equal("new", (await channel.ExecuteAsync(read, Patient)).AsString());
        var (_, reached) = await channel.ExecuteReplicatedAsync(RedisCommand.Write("SET", RedisArgument.Key("stale"), "new"), 1, TimeSpan.FromMilliseconds(50), Patient);
        Assert.Equal(0, reached);

        await Pair.Replica.FollowAsync(Pair.Primary);
        Assert.Equal("new", (await channel.ExecuteAsync(read, replica)).AsString());

        await Pair.Replica.KillAsync();
        try
        {
            await Eventually.TrueAsync(async () =>
                (await Record.ExceptionAsync(async () => await channel.ExecuteAsync(read, replica))) is RedisFaultException { Kind: RedisFaultKind.Unreachable });
            Assert.Equal("new", (await channel.ExecuteAsync(read, new RedisCallOptions(RedisTarget.PreferReplica, TimeSpan.FromSeconds(10)))).AsString());
        }
        finally
        {
            await Pair.Replica.StartAsync();
            await Pair.Replica.FollowAsync(Pair.Primary);
        }
    }

    [Fact]
    public async Task Whoever_is_promoted_is_followed()
    {
        await using var channel = new RespChannel(Pair.CreateChannelOptions());
        var write = RedisCommand.Write("INCR", RedisArgument.Key("promoted"));
        Assert.Equal(1, (await channel.ExecuteReplicatedAsync(write, 1, TimeSpan.FromSeconds(10), Patient)).Replicas);
        await Pair.Replica.PromoteAsync();
        await Pair.Primary.FollowAsync(Pair.Replica);
        try
        {
            await Eventually.TrueAsync(() => SucceedsAsync(channel, write));
            Assert.Equal("2", (await Pair.Replica.AdminAsync("GET", "promoted")).AsString());
        }
        finally
        {
            await Pair.Primary.PromoteAsync();
            await Pair.Replica.FollowAsync(Pair.Primary);
        }
    }

    [Fact]
    public async Task A_subscription_says_what_it_missed_and_goes_on()
    {
        await using var channel = new RespChannel(OnePrimary());
        using CancellationTokenSource stop = new(TimeSpan.FromSeconds(20), TimeProvider.System);
        await using var stream = channel.SubscribeAsync(RedisTopic.Named("news"), stop.Token).GetAsyncEnumerator(CancellationToken.None);
        List<RedisMessageKind> kinds = [];
        async Task NextAsync()
        {
            Assert.True(await stream.MoveNextAsync());
            kinds.Add(stream.Current.Kind);
        }

        await NextAsync();
        await channel.ExecuteAsync(RedisCommand.Write("PUBLISH", "news", "1"), Patient);
        await NextAsync();
        await Pair.Primary.KillAsync();
        await NextAsync();
        await Pair.Primary.StartAsync();
        await NextAsync();
        await Eventually.TrueAsync(() => SucceedsAsync(channel, RedisCommand.Write("PUBLISH", "news", "2")));
        await NextAsync();

        Assert.Equal(
            [RedisMessageKind.Established, RedisMessageKind.Message, RedisMessageKind.Interrupted, RedisMessageKind.Established, RedisMessageKind.Message], kinds);
    }

    [Fact]
    public async Task A_wrong_password_is_said_at_once()
    {
        var options = OnePrimary();
        options.Password = "wrong";
        await using var channel = new RespChannel(options);

        var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(RedisCommand.Read("PING"), Patient));
        Assert.Equal((RedisFaultKind.Denied, WriteDisposition.NotApplied), (fault.Kind, fault.Disposition));
        var denied = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.SubscribeAsync(RedisTopic.Named("x")).GetAsyncEnumerator(CancellationToken.None).MoveNextAsync());
        Assert.Equal(RedisFaultKind.Denied, denied.Kind);
    }

    [Fact]
    public async Task A_user_gets_what_the_access_list_allows()
    {
        await Pair.Primary.AdminAsync("ACL", "SETUSER", "reader", "on", ">reader-secret", "~allowed:*", "+get", "+hello", "+ping", "+client|setname");
        var options = OnePrimary();
        (options.User, options.Password) = ("reader", "reader-secret");
        await using var channel = new RespChannel(options);

        Assert.True((await channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key("allowed:1")), Patient)).IsNull);
        var fault = await Assert.ThrowsAsync<RedisFaultException>(async () => await channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key("other:1")), Patient));
        Assert.Equal((RedisFaultKind.Denied, "NOPERM"), (fault.Kind, fault.Code));
        Assert.DoesNotContain("other", fault.Message, StringComparison.Ordinal);
    }

    [SuppressMessage("Usage", "VSTHRD002:Avoid problematic synchronous waits", Justification = "A caller who blocks, on a thread of his own, is what is tested.")]
    private static RedisReply Blocking(ValueTask<RedisReply> call) => call.AsTask().GetAwaiter().GetResult();

    private static async Task<bool> SucceedsAsync(RespChannel channel, RedisCommand command)
    {
        try
        {
            await channel.ExecuteAsync(command, new RedisCallOptions(Timeout: TimeSpan.FromSeconds(1)));
            return true;
        }
        catch (RedisFaultException fault) when (fault.IsTransient)
        {
            return false;
        }
    }

    private RedisChannelOptions OnePrimary() => new() { Endpoints = { Pair.Primary.Endpoint }, Password = tier.Redis.Password };
}
