using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

public sealed class SessionReadTests : IDisposable
{
    private static readonly ReadOptions Eventual = new() { Consistency = ConsistencyLevel.Eventual };
    private readonly World _world = new();

    [Fact]
    public void Reads_stay_local_while_the_replica_keeps_up()
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));

        var (read, took) = _world.Timed(() => users.FindAsync(user.Key));

        Assert.Equal(user with { Version = 1 }, read.Value);
        Assert.Equal("eu", read.Endpoint);
        Assert.Equal(RegionId.Parse(Europe), read.Region);
        Assert.Equal(AnswerSource.Replica, read.Source);
        Assert.Equal(RouteReason.Nearest | RouteReason.LocalRegion | RouteReason.PositionProven, read.Reason);
        Assert.InRange(read.Age!.Value, TimeSpan.Zero, TimeSpan.FromMilliseconds(500));
        Assert.Equal(TimeSpan.FromMilliseconds(1), took);
    }

    [Fact]
    public void A_session_reads_its_write_although_the_local_replica_lags()
    {
        _world.Eu.ReplicationDelay = 10 * Second;
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));

        var read = _world.Run(users.FindAsync(user.Key));

        Assert.True(read.Found);
        Assert.NotEqual("eu", read.Endpoint);
    }

    [Fact]
    public void A_paused_local_replica_is_left_at_once_and_the_eventual_read_stays_and_says_how_old_it_is()
    {
        var session = _world.Client().OpenSession();
        var users = Users(session);
        var old = _world.NewUser();
        _world.Run(users.InsertAsync(old));
        _world.Time.Advance(Second);
        _world.Eu.PauseReplay();
        _world.Time.Advance(Second);
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));
        _world.Time.Advance(2 * Second);

        var (read, took) = _world.Timed(() => users.FindAsync(user.Key));
        Assert.True(read.Found);
        Assert.Equal("us", read.Endpoint);
        Assert.True(read.Reason.HasFlag(RouteReason.PositionProven));
        Assert.InRange(took, RoundTrip, RoundTrip + TimeSpan.FromMilliseconds(10));

        // The next one doesn't even ask.
        var asked = _world.Eu.CountOf(SimulatedOperations.Reads);
        Assert.Equal("us", _world.Run(users.FindAsync(user.Key)).Endpoint);
        Assert.Equal(asked, _world.Eu.CountOf(SimulatedOperations.Reads));

        var eventual = _world.Run(users.FindAsync(user.Key, Eventual));
        Assert.False(eventual.Found);
        Assert.Equal("eu", eventual.Endpoint);
        Assert.InRange(eventual.Age!.Value, 2 * Second, 3 * Second);
        Assert.True(_world.Run(users.FindAsync(old.Key, Eventual)).Found);
    }

    [Fact]
    public void Waiting_for_a_replica_that_lags_little_is_preferred_to_a_long_way()
    {
        _world.Eu.ReplicationDelay = TimeSpan.FromMilliseconds(50);
        var users = _world.Users();
        var waits = 0;
        for (var i = 0; i < 20; i++)
        {
            var user = _world.NewUser();
            _world.Run(users.InsertAsync(user));
            var (read, took) = _world.Timed(() => users.FindAsync(user.Key));

            Assert.True(read.Found);
            Assert.InRange(took, TimeSpan.Zero, 2 * RoundTrip);
            waits += read.Endpoint == "eu" && took < RoundTrip ? 1 : 0;
        }

        // The answer of the write takes 40 ms to come home, so 10 ms are left to wait.
        Assert.InRange(waits, 18, 20);
    }

    [Fact]
    public void Going_to_the_primary_is_preferred_to_a_long_wait()
    {
        _world.Eu.ReplicationDelay = TimeSpan.FromMilliseconds(900);
        var users = _world.Users();
        var longest = TimeSpan.Zero;
        for (var i = 0; i < 10; i++)
        {
            var user = _world.NewUser();
            _world.Run(users.InsertAsync(user));
            var (read, took) = _world.Timed(() => users.FindAsync(user.Key));
            Assert.True(read.Found);
            if (i > 0)
            {
                longest = took > longest ? took : longest;
            }
        }

        Assert.InRange(longest, RoundTrip, 2 * RoundTrip);
    }

    [Fact]
    public void A_token_continues_the_session_in_another_region()
    {
        var home = _world.Client().OpenSession();
        var away = _world.Client(Asia);
        _world.Ap.PauseReplay();
        var user = _world.NewUser();
        _world.Run(Users(home).InsertAsync(user));
        var text = home.Token.ToString();

        var fresh = _world.Run(Users(away.OpenSession()).FindAsync(user.Key));
        Assert.False(fresh.Found);
        Assert.Equal("ap", fresh.Endpoint);

        var resumed = _world.Run(Users(away.OpenSession(SessionToken.Parse(text))).FindAsync(user.Key));
        Assert.True(resumed.Found);
        Assert.NotEqual("ap", resumed.Endpoint);
    }

    [Fact]
    public void A_session_never_goes_back_in_time()
    {
        var writer = _world.Users(America);
        var session = _world.Client().OpenSession();
        var user = _world.NewUser();
        _world.Run(writer.InsertAsync(user));
        _world.Time.Advance(Second);
        Assert.Equal(1, _world.Run(Users(session).FindAsync(user.Key)).Value!.Version);

        // Another replica shows version 2 first; the local one is paused before it.
        _world.Eu.PauseReplay();
        _world.Run(writer.UpdateAsync(user));
        _world.Time.Advance(Second);
        var seen = _world.Run(Users(session).FindAsync(user.Key, new ReadOptions { Region = RegionId.Parse(Asia) }));
        Assert.Equal(2, seen.Value!.Version);

        var again = _world.Run(Users(session).FindAsync(user.Key));
        Assert.Equal(2, again.Value!.Version);
        Assert.NotEqual("eu", again.Endpoint);
    }

    [Fact]
    public void A_blind_write_binds_its_own_key_only()
    {
        var session = _world.Client().OpenSession();
        var users = Users(session);
        var other = _world.NewUser();
        _world.Run(users.InsertAsync(other));
        _world.Run(users.FindAsync(other.Key));
        _world.Eu.PauseReplay();
        var user = _world.NewUser();
        Assert.Equal(0, _world.Run(users.UpsertAsync(user)).Version);

        Assert.Equal("eu", _world.Run(users.FindAsync(other.Key)).Endpoint);
        var own = _world.Run(users.FindAsync(user.Key));
        Assert.True(own.Found);
        Assert.NotEqual("eu", own.Endpoint);
        Assert.Contains(user.Key, _world.Run(users.FindManyAsync([user.Key, other.Key])).Value.Select(static found => found.Key));
    }

    [Fact]
    public void A_replica_between_two_records_may_repeat_itself_but_nobody_else_may()
    {
        var writer = _world.Users(America);
        var user = _world.NewUser();
        _world.Run(writer.InsertAsync(user));
        _world.Time.Advance(Second);
        _world.Eu.HoldReplayPosition();
        _world.Ap.PauseReplay();
        var early = _world.NewUser();
        _world.Run(writer.InsertAsync(early));

        var session = _world.Client().OpenSession();
        var first = _world.Run(Users(session).FindAsync(early.Key));
        Assert.True(first.Found);
        Assert.Equal("eu", first.Endpoint);

        var repeated = _world.Run(Users(session).FindAsync(early.Key));
        Assert.True(repeated.Found);
        Assert.Equal("eu", repeated.Endpoint);

        // In Asia the row isn't visible; the token must not be satisfied there.
        var away = _world.Client(Asia).OpenSession(session.Token);
        var read = _world.Run(Users(away).FindAsync(early.Key));
        Assert.True(read.Found);
        Assert.Equal("us", read.Endpoint);
    }

    public void Dispose() => _world.Dispose();
}
