using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Testing.Network;

public sealed class NetworkTests : IDisposable
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong, Timeout = 10 * Second };
    private static readonly WriteOptions Short = new() { Timeout = 2 * Second };
    private readonly World _world = new();

    private SimulatedNetwork Network => _world.Cluster.Network;

    [Fact]
    public void A_cut_is_of_one_direction_and_restoring_it_lets_the_held_messages_through()
    {
        var users = _world.Users();
        Network.Cut(America, Europe);

        // The request arrives; only the answer is held.
        var user = _world.NewUser();
        var write = users.InsertAsync(user, new WriteOptions { Timeout = 60 * Second });
        _world.Time.Advance(5 * Second);
        Assert.False(write.IsCompleted);
        Assert.NotNull(_world.Us.Rows.Find("users", KeyText(user)));
        Assert.True(Network.MessagesHeld > 0);

        Network.Restore(America, Europe);
        _world.Run(write);
        Assert.Equal(0, Network.MessagesHeld);
    }

    [Fact]
    public void A_write_whose_caller_has_long_gone_still_takes_effect_when_the_link_is_restored()
    {
        var users = _world.Users();
        Network.Cut(Europe, America);
        var user = _world.NewUser();
        _world.Throws<AmbiguousWriteException>(() => users.InsertAsync(user, Short));
        _world.Time.Advance(60 * Second);
        Assert.Null(_world.Us.Rows.Find("users", KeyText(user)));

        Network.Restore(Europe, America);
        _world.Time.Advance(Second);

        Assert.NotNull(_world.Us.Rows.Find("users", KeyText(user)));
    }

    [Fact]
    public void A_message_that_is_held_longer_than_a_connection_lives_is_gone()
    {
        var users = _world.Users();
        Network.Cut(Europe, America);
        var user = _world.NewUser();
        var write = users.InsertAsync(user, new WriteOptions { Timeout = TimeSpan.FromMinutes(10) });
        var start = _world.Time.Elapsed;

        Assert.Throws<AmbiguousWriteException>(() => _world.Run(write));
        Assert.Equal(TimeSpan.FromMinutes(10), _world.Time.Elapsed - start);
        Network.Heal();
        _world.Time.Advance(Second);

        Assert.Null(_world.Us.Rows.Find("users", KeyText(user)));
    }

    [Fact]
    public void A_lost_message_is_never_answered_and_the_caller_s_limit_ends_it()
    {
        var users = _world.Users();
        Network[America, Europe].Loss = 1;
        var user = _world.NewUser();

        var (_, after) = _world.Throws<AmbiguousWriteException>(() => users.InsertAsync(user, Short));

        Assert.Equal(2 * Second, after);
        Assert.NotNull(_world.Us.Rows.Find("users", KeyText(user)));
    }

    [Fact]
    public void Half_of_the_writes_that_meet_a_reset_were_applied_and_while_nobody_can_be_asked_nobody_knows()
    {
        var users = _world.Users();
        Network[Europe, America].Reset = 1;
        var applied = 0;
        for (var i = 0; i < 40; i++)
        {
            var user = _world.NewUser();
            var (_, after) = _world.Throws<AmbiguousWriteException>(() => users.InsertAsync(user, new WriteOptions { Timeout = 20 * Second }));
            Assert.Equal(20 * Second, after);
            _world.Time.Advance(Second);
            applied += _world.Us.Rows.Find("users", KeyText(user)) is null ? 0 : 1;
            Network[Europe, America].Reset = 0;
            _world.Time.Advance(5 * Second);
            Network[Europe, America].Reset = 1;
        }

        Assert.InRange(applied, 8, 32);
    }

    [Fact]
    public void Jitter_lets_messages_overtake_each_other()
    {
        var users = _world.Users(America);
        Network[America, America].Jitter = TimeSpan.FromMilliseconds(20);
        var done = new List<int>();
        var writes = Enumerable.Range(0, 10).Select(WriteAsync).ToArray();

        _world.Run(Task.WhenAll(writes));

        Assert.NotEqual(Enumerable.Range(0, 10), done);
        Assert.Equal(Enumerable.Range(0, 10), done.Order());

        async Task WriteAsync(int number)
        {
            await users.InsertAsync(User(number + 1_000));
            done.Add(number);
        }
    }

    [Fact]
    public void Duplicates_reach_the_node_twice_and_writes_never_do()
    {
        var users = _world.Users();
        Network[Europe, America].Duplication = 1;
        var (reads, writes) = (_world.Us.CountOf(SimulatedOperations.Reads), _world.Us.CountOf(SimulatedOperations.Writes));

        _world.Run(users.InsertAsync(_world.NewUser()));
        _world.Run(users.FindAsync(Key(1), Strong));

        Assert.Equal(1, _world.Us.CountOf(SimulatedOperations.Writes) - writes);
        Assert.Equal(2, _world.Us.CountOf(SimulatedOperations.Reads) - reads);
    }

    [Fact]
    public void An_isolated_region_goes_on_within_itself()
    {
        var users = _world.Users();
        var inside = _world.Users(America);
        Network.Isolate(America);
        Network.Isolate(America);

        _world.Run(inside.InsertAsync(_world.NewUser()));
        _world.Throws<DeadlineExceededException>(() => users.FindAsync(Key(1), Strong).AsTask());
        Assert.False(_world.Eu.Replay.Received == _world.Us.Log.End);

        Network.Reconnect(America);
        _world.Time.Advance(5 * Second);
        Assert.True(_world.Run(users.FindAsync(Key(1), Strong)).Found);
        _world.Time.Advance(Second);
        Assert.True(_world.Eu.Replay.Received == _world.Us.Log.End);
    }

    [Fact]
    public void The_end_of_an_isolation_leaves_other_cuts_in_place()
    {
        Network.Cut(America, Europe);
        Network.Isolate(America);
        Network.Reconnect(America);

        Assert.True(Network[America, Europe].IsCut);
        Assert.False(Network[Europe, America].IsCut);
        Assert.Equal("us-east-1 → eu-west-1 (cut)", Network[America, Europe].ToString());
        Network.Heal();
        Assert.False(Network[America, Europe].IsCut);
    }

    [Fact]
    public void The_log_travels_on_the_links_and_waits_for_them()
    {
        var writer = _world.Users(America);
        _world.Run(writer.InsertAsync(_world.NewUser()));
        var end = _world.Us.Log.End;
        Assert.NotEqual(end, _world.Eu.Replay.Received);
        _world.Time.Advance(RoundTrip / 2);
        Assert.Equal(end, _world.Eu.Replay.Received);

        Network.Cut(America, Europe);
        _world.Run(writer.InsertAsync(_world.NewUser()));
        _world.Time.Advance(60 * Second);
        Assert.Equal(end, _world.Eu.Replay.Received);
        Assert.Equal(_world.Us.Log.End, _world.Ap.Replay.Received);

        Network.Restore(America, Europe);
        _world.Time.Advance((RoundTrip / 2) - TimeSpan.FromTicks(1));
        Assert.Equal(end, _world.Eu.Replay.Received);
        _world.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(_world.Us.Log.End, _world.Eu.Replay.Received);
    }

    [Fact]
    public void A_standby_whose_acknowledgements_are_cut_lets_commits_wait_although_it_has_them()
    {
        _world.Shard.Synchronous("eu");
        var writer = _world.Users(America);
        Network.Cut(Europe, America);
        var write = writer.InsertAsync(_world.NewUser(), new WriteOptions { Timeout = 60 * Second });
        _world.Time.Advance(5 * Second);

        Assert.Equal(_world.Us.Log.End, _world.Eu.Replay.Received);
        Assert.False(write.IsCompleted);

        Network.Restore(Europe, America);
        Assert.Equal(WriteDurability.RemoteFlush, _world.Run(write).Reached);
    }

    [Fact]
    public void An_isolated_node_is_reached_by_nobody_and_its_region_goes_on()
    {
        var users = _world.Users();
        _world.Eu.Isolate();

        var read = _world.Run(users.FindAsync(Key(1), new ReadOptions { Timeout = 10 * Second }));
        Assert.NotEqual("eu", read.Endpoint);

        _world.Run(_world.Users(America).InsertAsync(_world.NewUser()));
        _world.Time.Advance(5 * Second);
        Assert.NotEqual(_world.Us.Log.End, _world.Eu.Replay.Received);
        _world.Eu.Reconnect();
        _world.Time.Advance(Second);
        Assert.Equal(_world.Us.Log.End, _world.Eu.Replay.Received);
    }

    [Fact]
    public void Published_round_trips_are_those_of_the_table_and_may_be_overridden()
    {
        var cluster = new SimulatedCluster().UsePublishedRoundTrips();
        Assert.Equal(TimeSpan.FromMilliseconds(70.508) / 2, cluster.Network[America, Europe].Delay);
        Assert.Equal(cluster.Network[America, Europe].Delay, cluster.Network[Europe, America].Delay);
        Assert.Equal(TimeSpan.Zero, cluster.Network["mars-1", Europe].Delay);
        cluster.RoundTrip(America, Europe, Second);
        Assert.Equal(Second / 2, cluster.Network[Europe, America].Delay);
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        var link = Network[America, Europe];
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Loss = 1.1);
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Reset = double.NaN);
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Jitter = -Second);
        Assert.Throws<ArgumentOutOfRangeException>(() => Network.ConnectionLifetime = TimeSpan.Zero);
        Assert.Throws<FormatException>(() => Network.Isolate("no region"));
    }

    public void Dispose() => _world.Dispose();

    private static string KeyText(User user) => WebsiteBuilder.Data.Testing.Simulated.WriteDecision.KeyOf(UserMap.Map, user.Key);
}
