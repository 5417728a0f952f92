using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

public sealed class LevelTests : IDisposable
{
    private readonly World _world = new();

    [Fact]
    public void Strong_reads_at_the_primary()
    {
        var users = _world.Users();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));

        var read = _world.Run(users.FindAsync(user.Key, new ReadOptions { Consistency = ConsistencyLevel.Strong }));

        Assert.True(read.Found);
        Assert.Equal("us", read.Endpoint);
        Assert.Equal(AnswerSource.Primary, read.Source);
        Assert.True(read.Reason.HasFlag(RouteReason.PrimaryRequired));
        Assert.Equal(RoundTrip, read.Age);
    }

    [Fact]
    public void Strong_without_a_primary_fails_and_counts_why()
    {
        _world.Client();
        _world.Us.Kill();
        var users = Users(_world.StartClient().OpenSession());
        _world.Time.Advance(3 * Second);

        var (thrown, after) = _world.Throws<NoEligibleRegionException>(() =>
            users.FindAsync(Key(1), new ReadOptions { Consistency = ConsistencyLevel.Strong, Timeout = 2 * Second }).AsTask());

        Assert.Equal(2 * Second, after);
        Assert.Equal(2, thrown.Excluded["not the primary"]);
        Assert.Equal(1, thrown.Excluded["never answered"]);
        Assert.True(thrown.IsTransient);
        Assert.Equal(WriteDisposition.NotApplied, thrown.Disposition);
        Assert.Equal("users.find", thrown.Operation);
    }

    [Fact]
    public void Strong_in_a_region_without_the_primary_fails()
    {
        var users = _world.Users();

        var (thrown, _) = _world.Throws<NoEligibleRegionException>(() => users.FindAsync(
            Key(1), new ReadOptions { Consistency = ConsistencyLevel.Strong, Region = RegionId.Parse(Europe), Timeout = Second }).AsTask());

        Assert.Equal(2, thrown.Excluded["not in the requested region"]);
        Assert.Equal(1, thrown.Excluded["not the primary"]);
    }

    [Fact]
    public void A_bound_that_samples_prove_is_kept_locally()
    {
        var users = _world.Users();

        var read = _world.Run(users.FindAsync(Key(1), Bounded(Second)));

        Assert.Equal("eu", read.Endpoint);
        Assert.InRange(read.Age!.Value, TimeSpan.Zero, Second);
    }

    [Fact]
    public void A_bound_that_the_replica_cannot_prove_is_kept_elsewhere()
    {
        var writer = _world.Users(America);
        var client = _world.Client();
        _world.Eu.PauseReplay();
        _world.Ap.PauseReplay();
        var user = _world.NewUser();
        _world.Run(writer.InsertAsync(user));
        _world.Time.Advance(2 * Second);

        var read = _world.Run(Users(client.OpenSession()).FindAsync(user.Key, Bounded(Second)));
        Assert.True(read.Found);
        Assert.Equal("us", read.Endpoint);

        var loose = _world.Run(Users(client.OpenSession()).FindAsync(user.Key, Bounded(60 * Second)));
        Assert.Equal("eu", loose.Endpoint);
        Assert.InRange(loose.Age!.Value, 2 * Second, 3 * Second);
    }

    [Fact]
    public void A_paused_replica_of_an_idle_primary_is_not_stale()
    {
        var users = _world.Users();
        _world.Eu.PauseReplay();
        _world.Time.Advance(60 * Second);

        Assert.Equal("eu", _world.Run(users.FindAsync(Key(1), Bounded(Second))).Endpoint);
    }

    [Fact]
    public void Without_a_primary_the_age_grows_and_the_bound_fails_at_the_deadline()
    {
        var users = _world.Users();
        _world.Us.Kill();
        _world.Time.Advance(5 * Second);

        var (thrown, after) = _world.Throws<ConsistencyNotMetException>(() => users.FindAsync(Key(1), Bounded(Second)).AsTask());

        Assert.Equal(2 * Second, after);
        Assert.Equal(ConsistencyLevel.BoundedStaleness, thrown.Level);
        Assert.Equal(Second, thrown.MaxStaleness);
        Assert.InRange(thrown.BestAge!.Value, 5 * Second, 6 * Second);
        Assert.True(thrown.IsTransient);
    }

    [Fact]
    public void Without_a_primary_a_stale_answer_is_served_where_that_is_allowed_and_says_so()
    {
        var users = _world.Users();
        _world.Us.Kill();
        _world.Time.Advance(5 * Second);

        var (read, took) = _world.Timed(() => users.FindAsync(Key(1), Bounded(Second) with { ServeStale = true }));

        Assert.Equal("eu", read.Endpoint);
        Assert.True(read.Reason.HasFlag(RouteReason.ServedStale));
        Assert.InRange(read.Age!.Value, 5 * Second, 6 * Second);
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public void Serving_stale_is_no_excuse_while_there_is_a_primary()
    {
        var writer = _world.Users(America);
        var users = _world.Users();
        _world.Eu.PauseReplay();
        _world.Run(writer.InsertAsync(_world.NewUser()));
        _world.Time.Advance(5 * Second);

        var read = _world.Run(users.FindAsync(Key(1), Bounded(Second) with { ServeStale = true }));

        Assert.NotEqual("eu", read.Endpoint);
        Assert.False(read.Reason.HasFlag(RouteReason.ServedStale));
    }

    [Fact]
    public void Eventual_always_answers_and_its_age_grows()
    {
        var users = _world.Users();
        _world.Us.Kill();
        _world.Ap.Kill();
        _world.Time.Advance(60 * Second);

        var read = _world.Run(users.FindAsync(Key(1), new ReadOptions { Consistency = ConsistencyLevel.Eventual }));

        Assert.Equal("eu", read.Endpoint);
        Assert.InRange(read.Age!.Value, 60 * Second, 61 * Second);
    }

    [Fact]
    public void A_requested_region_is_kept()
    {
        var users = _world.Users();
        var asia = new ReadOptions { Region = RegionId.Parse(Asia) };

        var read = _world.Run(users.FindAsync(Key(1), asia));
        Assert.Equal("ap", read.Endpoint);
        Assert.True(read.Reason.HasFlag(RouteReason.RegionRequested));

        _world.Ap.Kill();
        _world.Throws<DeadlineExceededException>(() => users.FindAsync(Key(1), asia with { Timeout = Second }).AsTask());
    }

    public void Dispose() => _world.Dispose();

    private static ReadOptions Bounded(TimeSpan bound) =>
        new() { Consistency = ConsistencyLevel.BoundedStaleness, MaxStaleness = bound, Timeout = 2 * Second };
}
