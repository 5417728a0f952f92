using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

public sealed class StrangeTokenTests : IDisposable
{
    private readonly World _world = new();

    [Fact]
    public void A_history_that_nobody_knows_is_refused_after_one_refresh()
    {
        var client = _world.Client();
        var session = client.OpenSession(Token(new HistoryId(0xDEAD), 8));
        var probes = _world.Eu.CountOf(SimulatedOperations.Probes);

        var (thrown, after) = _world.Throws<InvalidSessionTokenException>(() => Users(session).FindAsync(Key(1)).AsTask());
        Assert.Equal("users.find", thrown.Operation);
        Assert.InRange(after, TimeSpan.Zero, Second);
        Assert.Equal(1, _world.Eu.CountOf(SimulatedOperations.Probes) - probes);
        Assert.Equal(0, _world.Eu.CountOf(SimulatedOperations.Reads));

        _world.Throws<InvalidSessionTokenException>(() => Users(session).InsertAsync(_world.NewUser()));
    }

    [Fact]
    public void Eventual_reads_don_t_mind()
    {
        var session = _world.Client().OpenSession(Token(new HistoryId(0xDEAD), 8));

        Assert.Equal("eu", _world.Run(Users(session).FindAsync(Key(1), new ReadOptions { Consistency = ConsistencyLevel.Eventual })).Endpoint);
    }

    [Fact]
    public void A_forged_position_beyond_the_log_is_refused_soon_and_not_asked_for_again_and_again()
    {
        var client = _world.Client();
        var asked = client.OpenSession();
        _world.Run(Users(asked).InsertAsync(_world.NewUser()));
        var history = asked.Token.Floors[0].History;

        var session = client.OpenSession(Token(history, 1UL << 50));
        var (thrown, after) = _world.Throws<InvalidSessionTokenException>(() => Users(session).FindAsync(Key(1)).AsTask());

        Assert.Equal(RegionId.Parse(America), thrown.Region);
        Assert.InRange(after, RoundTrip, 4 * RoundTrip);
        Assert.InRange(_world.Eu.CountOf(SimulatedOperations.Reads), 1, 20);
    }

    [Fact]
    public void A_token_that_this_process_cannot_date_moves_a_read_on_as_soon_as_one_that_it_can()
    {
        var away = _world.Client(America).OpenSession();
        var client = _world.Client();
        _world.Eu.PauseReplay();
        _world.Ap.PauseReplay();
        var user = _world.NewUser();
        _world.Run(Users(away).InsertAsync(user));

        var (read, took) = _world.Timed(() => Users(client.OpenSession(away.Token)).FindAsync(user.Key));

        Assert.True(read.Found);
        Assert.Equal("us", read.Endpoint);
        Assert.InRange(took, RoundTrip, 4 * RoundTrip);
    }

    [Fact]
    public void A_refresh_that_began_before_a_promotion_says_nothing_of_the_promotion_s_tokens()
    {
        var client = _world.Client(configure: static options => options.Health.ProbeInterval = TimeSpan.FromHours(1));
        _world.Time.Advance(60 * Second);
        var refreshing = Users(client.OpenSession(Token(new HistoryId(0xDEAD), 8))).FindAsync(Key(1)).AsTask();
        _world.Time.Advance(TimeSpan.FromMilliseconds(70));
        _world.Shard.Promote("ap");
        _world.Shard.NameHistory(_world.Ap);
        var token = Token(_world.Ap.Log.History!.Id, _world.Ap.Log.End);

        Assert.False(_world.Run(Users(client.OpenSession(token)).FindAsync(Key(1))).Found);
        Assert.Throws<InvalidSessionTokenException>(() => _world.Run(refreshing));
    }

    public void Dispose() => _world.Dispose();

    private static SessionToken Token(HistoryId history, ulong floor) =>
        SessionToken.Empty.With(new SessionFloor(new ShardId(StoreKind.PostgreSql, 0), history, floor, 0));
}
