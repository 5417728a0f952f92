using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

public sealed class PromotionTests : IDisposable
{
    private static readonly WriteOptions Short = new() { Timeout = 2 * Second };
    private readonly World _world = new();

    [Fact]
    public void A_promotion_is_followed_without_a_restart()
    {
        var client = _world.Client();
        var users = Users(client.OpenSession());
        var before = _world.NewUser();
        _world.Run(users.InsertAsync(before));
        _world.Us.Kill();
        var write = users.InsertAsync(_world.NewUser());
        _world.Time.Advance(2 * Second);
        Assert.False(write.IsCompleted);

        _world.Shard.Promote("eu");
        var start = _world.Time.Elapsed;

        Assert.Equal(RegionId.Parse(Europe), _world.Run(write).Region);
        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, Second);
        Assert.Equal(RegionId.Parse(Europe), client.Topology.Shards[0].WriteRegion);
        Assert.True(_world.Run(users.FindAsync(before.Key)).Found);

        // The old primary comes back and believes that nothing has happened.
        _world.Us.Restart();
        _world.Time.Advance(60 * Second);
        Assert.Equal(ShardState.Writable, client.Topology.Shards[0].State);
        Assert.Equal(EndpointRole.Superseded, client.Topology.Shards[0].Endpoints[0].Role);
    }

    [Fact]
    public void A_session_reads_on_while_there_is_no_primary()
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));

        // Without its source a replica can't say whose log it has; what it showed before is known.
        _world.Run(users.FindAsync(user.Key));
        _world.Us.Kill();
        for (var i = 0; i < 50; i++)
        {
            var (read, took) = _world.Timed(() => users.FindAsync(user.Key));
            Assert.True(read.Found);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMilliseconds(5));
            _world.Time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    [Fact]
    public void A_replica_that_was_left_once_is_asked_again_while_another_one_lags()
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));
        _world.Us.Kill();

        Assert.Equal("eu", _world.Run(users.FindAsync(user.Key)).Endpoint);
    }

    [Fact]
    public void A_write_that_a_promotion_lost_is_reported_and_the_session_goes_on_from_what_remains()
    {
        var client = _world.Client();
        var session = client.OpenSession();
        var users = Users(session);
        var kept = _world.NewUser();
        _world.Run(users.InsertAsync(kept));
        _world.Eu.StopReceiving();
        _world.Ap.StopReceiving();
        var lost = _world.NewUser();
        Assert.Equal(WriteDurability.Local, _world.Run(users.InsertAsync(lost)).Reached);
        _world.Us.Kill();
        _world.Eu.ResumeReceiving();
        _world.Ap.ResumeReceiving();
        _world.Shard.Promote("eu");
        _world.Until(() => client.Topology.Shards[0].WriteRegion == RegionId.Parse(Europe));

        var (thrown, after) = _world.Throws<SessionHistoryLostException>(() => users.FindAsync(lost.Key).AsTask());
        Assert.InRange(after, TimeSpan.Zero, TimeSpan.FromMilliseconds(5));
        Assert.Equal(WriteDisposition.NotApplied, thrown.Disposition);

        // It stays so, for writes too, until somebody has been told.
        _world.Throws<SessionHistoryLostException>(() => users.FindAsync(kept.Key).AsTask());
        _world.Throws<SessionHistoryLostException>(() => users.UpsertAsync(kept));

        var reopened = Users(client.OpenSession(SessionToken.Parse(thrown.Remaining.ToString())));
        Assert.True(_world.Run(reopened.FindAsync(kept.Key)).Found);
        Assert.False(_world.Run(reopened.FindAsync(lost.Key)).Found);
        _world.Run(reopened.InsertAsync(lost));
        Assert.True(_world.Run(reopened.FindAsync(lost.Key)).Found);
    }

    [Fact]
    public void A_promotion_that_lost_a_quorum_acknowledged_write_is_refused()
    {
        _world.Shard.Synchronous("eu");
        var client = _world.Client();
        var users = Users(client.OpenSession());
        _world.Ap.StopReceiving();
        Assert.Equal(WriteDurability.RemoteFlush, _world.Run(users.InsertAsync(_world.NewUser())).Reached);
        _world.Us.Kill();
        _world.Eu.Kill();
        _world.Shard.Promote("ap");

        _world.Until(() => client.Topology.Shards[0].State == ShardState.HistoryRefused);
        var (thrown, after) = _world.Throws<NoEligibleRegionException>(() => users.InsertAsync(_world.NewUser(), Short));
        Assert.Equal(2 * Second, after);
        Assert.Contains("writes stopped (HistoryRefused)", thrown.Excluded.Keys);
    }

    [Fact]
    public void A_write_to_a_superseded_primary_is_refused_and_goes_to_the_new_one()
    {
        var users = _world.Users();
        _world.Run(users.InsertAsync(_world.NewUser()));
        var asked = _world.Us.CountOf(SimulatedOperations.Writes);
        _world.Shard.SwitchOver("eu");
        var start = _world.Time.Elapsed;

        var written = _world.Run(users.InsertAsync(_world.NewUser()));

        Assert.Equal(RegionId.Parse(Europe), written.Region);
        Assert.InRange(_world.Us.CountOf(SimulatedOperations.Writes) - asked, 1, 4);
        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, Second);
    }

    [Fact]
    public void Twin_primaries_stop_writes_until_one_of_them_follows_the_other()
    {
        var client = _world.Client();
        var users = Users(client.OpenSession());
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));
        _world.Time.Advance(Second);
        _world.Us.Kill();
        _world.Shard.PromoteAlone("eu");
        _world.Shard.PromoteAlone("ap");
        _world.Until(() => client.Topology.Shards[0].State == ShardState.TwinPrimaries);

        var (thrown, after) = _world.Throws<NoEligibleRegionException>(() => users.InsertAsync(_world.NewUser(), Short));
        Assert.Equal(2 * Second, after);
        Assert.Contains("writes stopped (TwinPrimaries)", thrown.Excluded.Keys);
        Assert.Equal(0, _world.Eu.CountOf(SimulatedOperations.Writes) + _world.Ap.CountOf(SimulatedOperations.Writes));

        _world.Shard.Rejoin("eu");
        _world.Until(() => client.Topology.Shards[0].State == ShardState.Writable, 90 * Second);
        Assert.Equal(RegionId.Parse(Asia), _world.Run(users.InsertAsync(_world.NewUser())).Region);
        Assert.True(_world.Run(users.FindAsync(user.Key)).Found);
    }

    [Fact]
    public void A_token_from_beyond_a_promotion_that_this_process_has_not_seen_is_understood()
    {
        var client = _world.Client(configure: static options => options.Health.ProbeInterval = TimeSpan.FromHours(1));
        _world.Time.Advance(60 * Second);
        _world.Shard.Promote("ap");
        var newcomer = _world.Client(Asia).OpenSession();
        var user = _world.NewUser();
        _world.Run(Users(newcomer).InsertAsync(user));
        Assert.Equal(RegionId.Parse(America), client.Topology.Shards[0].WriteRegion);

        var read = _world.Run(Users(client.OpenSession(newcomer.Token)).FindAsync(user.Key));

        Assert.True(read.Found);
        Assert.Equal(RegionId.Parse(Asia), client.Topology.Shards[0].WriteRegion);
    }

    public void Dispose() => _world.Dispose();
}
