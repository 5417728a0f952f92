using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Testing.Simulated;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Testing;

/// <summary>The simulated store is no kinder than a real one.</summary>
public sealed class FidelityTests : IDisposable
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };
    private static readonly WriteOptions Off = new() { Durability = WriteDurability.Off };
    private readonly World _world = new();

    [Fact]
    public void A_write_at_off_stays_with_the_primary_until_it_is_flushed()
    {
        _world.Us.FlushDelay = 10 * Second;
        var users = _world.Users(America);
        _world.Run(users.InsertAsync(_world.NewUser(), Off));
        var log = _world.Us.Log;
        Assert.True(log.Flushed < log.End);
        _world.Time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(log.Flushed, _world.Eu.Replay.Received);

        // The next commit takes it along.
        _world.Run(users.InsertAsync(_world.NewUser()));
        _world.Time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(log.End, _world.Eu.Replay.Received);
    }

    [Fact]
    public void A_crash_takes_back_what_was_not_flushed_and_gives_its_positions_away()
    {
        _world.Us.FlushDelay = 10 * Second;
        var users = _world.Users(America);
        var kept = _world.NewUser();
        _world.Run(users.InsertAsync(kept));
        var flushed = _world.Us.Log.End;
        var lost = _world.NewUser();
        _world.Run(users.InsertAsync(lost, Off));

        _world.Us.Restart();
        _world.Time.Advance(5 * Second);

        Assert.Equal(flushed, _world.Us.Log.End);
        Assert.True(Assert.Single(_world.Us.Log.Lost).IsLost);
        var fresh = _world.Users(America);
        Assert.True(_world.Run(fresh.FindAsync(kept.Key, Strong)).Found);
        Assert.False(_world.Run(fresh.FindAsync(lost.Key, Strong)).Found);
        _world.Run(fresh.InsertAsync(_world.NewUser()));
        Assert.Equal(flushed, _world.Us.Log.Records[^1].Start);
    }

    [Theory]
    [InlineData(WriteDurability.Off, false)]
    [InlineData(WriteDurability.Local, true)]
    public void A_crash_between_log_and_answer_leaves_the_write_as_durable_as_it_was(WriteDurability durability, bool stands)
    {
        _world.Us.FlushDelay = 10 * Second;
        var users = _world.Users(America);
        var user = _world.NewUser();
        _world.Us.FailNext(SimulatedFault.Crash, SimulatedOperations.Writes);

        _world.Throws<AmbiguousWriteException>(() => users.InsertAsync(user, new WriteOptions { Durability = durability }));
        Assert.False(_world.Us.IsUp);
        _world.Us.Restart();
        _world.Time.Advance(5 * Second);

        Assert.Equal(stands, _world.Run(users.FindAsync(user.Key, Strong)).Found);
    }

    [Fact]
    public void An_idle_primary_logs_once_more_and_its_position_is_told_only_when_it_is_flushed()
    {
        var users = _world.Users();
        _world.Run(users.InsertAsync(_world.NewUser()));
        var end = _world.Us.Log.End;
        _world.Time.Advance(60 * Second);

        Assert.True(_world.Us.Log.End > end);
        Assert.Empty(_world.Us.Log.Records[^1].Changes);
        Assert.Single(_world.Us.Log.Records[^2].Changes);
        Assert.Equal(_world.Us.Log.End, _world.Eu.Replay.Replayed);
    }

    [Fact]
    public void Rows_may_show_before_the_position_moves()
    {
        _world.Eu.Odds.EarlyRows = 1;
        var writer = _world.Users(America);
        var (early, key) = (0, WriteDecision.KeyOf(UserMap.Map, Key(1)));
        _ = writer.InsertAsync(_world.NewUser());
        for (var i = 0; i < 1_000; i++)
        {
            _world.Time.Advance(TimeSpan.FromMilliseconds(0.1));
            early += _world.Eu.Rows.Find("users", key) is not null && _world.Eu.Replay.Replayed < _world.Us.Log.End ? 1 : 0;
        }

        Assert.InRange(early, 1, 100);
        Assert.Equal(_world.Us.Log.End, _world.Eu.Replay.Replayed);
    }

    [Fact]
    public void A_read_that_is_in_the_way_of_replay_is_answered_elsewhere_and_the_node_is_not_blamed()
    {
        var client = _world.Client();
        _world.Eu.Odds.ReplayConflict = 1;

        for (var i = 0; i < 10; i++)
        {
            Assert.NotEqual("eu", _world.Run(Users(client.OpenSession()).FindAsync(Key(1))).Endpoint);
        }

        Assert.Equal(EndpointHealth.Healthy, client.Topology.Shards[0].Endpoints[1].Health);
    }

    [Fact]
    public void A_late_commit_shows_at_replicas_before_it_shows_at_the_primary()
    {
        _world.Us.Odds.LateCommit = 1;
        var writer = _world.Users(America);
        var seen = 0;
        for (var i = 0; i < 20; i++)
        {
            var write = writer.InsertAsync(_world.NewUser());
            while (!write.IsCompleted)
            {
                _world.Time.Advance(TimeSpan.FromMilliseconds(0.1));
                seen += _world.Us.Pending.Count;
            }
        }

        Assert.True(seen > 0);
    }

    [Fact]
    public async Task A_primary_proves_only_what_it_was_asked_to_prove()
    {
        _world.Client();
        var store = new SimulatedEndpoint(_world.Cluster, _world.Shard, _world.Us, RegionId.Parse(America));
        var end = _world.Us.Log.End;

        // The first contact isn't known to be with a primary, so it brings no proof; later ones do, if they are asked.
        Assert.Equal(0UL, (await Read(end)).Lo);
        Assert.Equal(0UL, (await Read(0)).Lo);
        Assert.Equal(end, (await Read(end)).Lo);
        Assert.Equal(end, (await Read(0)).Lo);

        Task<ReadStamp> Read(ulong prove) => Task.FromResult(_world.Run(store.FindAsync(UserMap.Map, Key(1), new ReadGuard(prove, 0), default)).Stamp);
    }

    [Fact]
    public void A_replica_without_its_source_names_its_history_only_as_far_as_the_client_has_seen_it()
    {
        _world.Client();
        var late = new SimulatedEndpoint(_world.Cluster, _world.Shard, _world.Eu, RegionId.Parse(Europe));
        _world.Us.Kill();

        var before = _world.Run(late.ObserveAsync(default));
        Assert.True(before.History.IsNone);
        Assert.True(before.NeedsHistory);
        var history = _world.Run(late.ReadHistoryAsync(default));
        Assert.Equal(_world.Us.Log.History!.Id, history.Id);
        Assert.Equal(history.Id, _world.Run(late.ObserveAsync(default)).History);
    }

    [Fact]
    public void A_replica_that_hears_nothing_notices_after_a_minute()
    {
        _world.Client();
        _world.Cluster.Network.Isolate(America);
        _world.Time.Advance(59 * Second);
        Assert.True(_world.Eu.IsReceiving(_world.Shard.Now));
        _world.Time.Advance(2 * Second);
        Assert.False(_world.Eu.IsReceiving(_world.Shard.Now));
        _world.Cluster.Heal();
        Assert.True(_world.Eu.IsReceiving(_world.Shard.Now));
    }

    [Fact]
    public void A_cascade_of_promotions_keeps_what_each_had_and_a_rejoined_node_has_all_of_the_last()
    {
        var client = _world.Client();
        var users = Users(client.OpenSession());
        string[] next = ["eu", "ap", "us"];
        foreach (var node in next)
        {
            _world.Run(users.InsertAsync(_world.NewUser()));
            _world.Time.Advance(Second);
            var old = _world.Shard.Primary;
            old.Kill();
            _world.Shard.Promote(node);
            _world.Until(() => client.Topology.Shards[0].WriteRegion == _world.Shard.Primary.Region);
            _world.Shard.Rejoin(old.Name);
            _world.Time.Advance(10 * Second);
        }

        Assert.Equal(4, _world.Shard.Branches.Count);
        Assert.Equal(4U, _world.Us.Log.Timeline);
        Assert.Equal(3, _world.Us.Log.History!.Ancestors.Count);
        Assert.Equal(3, Enumerable.Range(1, 3).Count(i => _world.Run(users.FindAsync(Key(i), Strong)).Found));
        _world.Time.Advance(20 * Second);
        Assert.All(_world.Shard.Nodes, node => Assert.Equal(_world.Us.Log.End, node.IsPrimary ? node.Log.End : node.Replay.Replayed));
    }

    [Fact]
    public void A_read_split_by_a_promotion_is_no_answer()
    {
        _world.Client();
        _world.Eu.Odds.SplitRead = 1;
        var store = new SimulatedEndpoint(_world.Cluster, _world.Shard, _world.Eu, RegionId.Parse(Europe));
        var refused = 0;
        for (var i = 0; i < 5; i++)
        {
            var read = store.FindAsync(UserMap.Map, Key(1), new ReadGuard(0, 0), default);
            _world.Time.Advance(TimeSpan.FromMilliseconds(1 + i));
            _world.Do(() => _world.Shard.SwitchOver("eu"));
            refused += Record.Exception(() => _world.Run(read)) is StoreFaultException { Kind: StoreFaultKind.WrongRole } ? 1 : 0;
            _world.Do(() => _world.Shard.SwitchOver("us"));
            _world.Time.Advance(Second);
        }

        Assert.True(refused > 0);
    }

    public void Dispose() => _world.Dispose();
}
