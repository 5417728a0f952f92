using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>While a commit waits for a synchronous standby, a replica shows it already and the primary doesn't.</summary>
public sealed class HungStandbyTests : IDisposable
{
    private readonly World _world = new();
    private readonly IDataSession _session;
    private readonly Task<WriteResult> _write;
    private readonly User _user;

    public HungStandbyTests()
    {
        _world.Shard.Synchronous("ap");
        var client = _world.Client();
        var writer = _world.Users(America);
        _world.Ap.StopReceiving();
        _user = _world.NewUser();
        _write = writer.InsertAsync(_user, new WriteOptions { Timeout = 600 * Second });
        _world.Time.Advance(Second);
        _session = client.OpenSession();
    }

    private IRepository<User, UserKey> Users => World.Users(_session);

    [Fact]
    public void The_primary_does_not_show_it_yet()
    {
        Assert.False(_write.IsCompleted);
        Assert.False(_world.Run(Users.FindAsync(_user.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong })).Found);
    }

    [Fact]
    public void A_session_that_saw_it_at_the_replica_never_unsees_it_at_the_primary()
    {
        var seen = _world.Run(Users.FindAsync(_user.Key));
        Assert.True(seen.Found);
        Assert.Equal("eu", seen.Endpoint);
        _world.Eu.Kill();
        var read = Users.FindAsync(_user.Key).AsTask();
        _world.Time.Advance(Second);
        Assert.False(read.IsCompleted);

        _world.Ap.ResumeReceiving();

        var again = _world.Run(read);
        Assert.True(again.Found);
        Assert.True(again.Reason.HasFlag(RouteReason.OtherBehind));
        Assert.Equal(WriteDurability.RemoteFlush, _world.Run(_write).Reached);
    }

    [Fact]
    public void The_primary_answers_once_it_can_prove_it()
    {
        Assert.True(_world.Run(Users.FindAsync(_user.Key)).Found);
        _world.Eu.Kill();
        _world.Ap.ResumeReceiving();
        _world.Ap.PauseReplay();

        var read = _world.Run(Users.FindAsync(_user.Key));

        Assert.True(read.Found);
        Assert.Equal("us", read.Endpoint);
    }

    [Fact]
    public void A_primary_that_cannot_prove_it_in_time_is_a_consistency_not_met()
    {
        Assert.True(_world.Run(Users.FindAsync(_user.Key)).Found);

        var (thrown, after) = _world.Throws<ConsistencyNotMetException>(() =>
            Users.FindAsync(_user.Key, new ReadOptions { Region = RegionId.Parse(America), Timeout = 2 * Second }).AsTask());

        Assert.InRange(after, 2 * Second, (2 * Second) + TimeSpan.FromMilliseconds(1));
        Assert.True(thrown.Required > thrown.BestSeen);
    }

    [Fact]
    public void Another_write_of_the_row_waits_for_the_first()
    {
        var other = _world.Users(America);
        var second = other.UpsertAsync(_user with { Username = "second" }, new WriteOptions { Durability = WriteDurability.Local });
        _world.Time.Advance(Second);
        Assert.False(second.IsCompleted);

        _world.Ap.ResumeReceiving();
        _world.Run(second);
        Assert.Equal(2, _world.Run(other.FindAsync(_user.Key)).Value!.Version);
    }

    [Fact]
    public void A_primary_killed_while_waiting_has_committed()
    {
        _world.Us.Kill();
        var thrown = Assert.Throws<AmbiguousWriteException>(() => _world.Run(_write));
        Assert.Equal(WriteDisposition.Ambiguous, thrown.Disposition);

        _world.Us.Restart();
        Assert.True(_world.Run(Users.FindAsync(_user.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong })).Found);
    }

    public void Dispose() => _world.Dispose();
}
