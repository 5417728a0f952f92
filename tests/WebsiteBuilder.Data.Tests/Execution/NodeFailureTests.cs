using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Execution;

public sealed class NodeFailureTests : IDisposable
{
    private readonly World _world = new();

    [Fact]
    public void The_loss_of_a_replica_fails_no_read_and_its_return_brings_reads_back()
    {
        var client = _world.Client();
        var users = Users(client.OpenSession());
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));
        var answered = new HashSet<string?>();
        for (var i = 0; i < 100; i++)
        {
            if (i == 10)
            {
                _world.Eu.Kill();
            }

            var (read, took) = _world.Timed(() => users.FindAsync(user.Key));
            Assert.True(read.Found);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMilliseconds(90));
            answered.Add(read.Endpoint);
            _world.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.Contains("us", answered);
        Assert.Equal(EndpointHealth.Unhealthy, HealthOf(client, "eu"));

        _world.Eu.Restart();
        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Healthy, 5 * Second);
        Assert.Equal("eu", _world.Run(users.FindAsync(user.Key)).Endpoint);
    }

    [Fact]
    public void A_dead_node_leaves_rotation_under_load_in_well_under_a_second()
    {
        var client = _world.Client();
        var users = Users(client.OpenSession());
        _world.Eu.Kill();
        var start = _world.Time.Elapsed;

        while (HealthOf(client, "eu") != EndpointHealth.Unhealthy)
        {
            _world.Run(users.FindAsync(Key(1)));
            _world.Time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void A_hung_node_is_left_at_the_attempt_timeout()
    {
        var users = Users(_world.Client(configure: static options =>
        {
            options.Routing.AttemptTimeout = TimeSpan.FromMilliseconds(500);
            options.Health.SilenceTimeout = 10 * Second;
        }).OpenSession());
        _world.Eu.Hang();

        var (read, took) = _world.Timed(() => users.FindAsync(Key(1)));

        Assert.NotEqual("eu", read.Endpoint);
        Assert.True(read.Reason.HasFlag(RouteReason.OtherFailed));
        Assert.Equal(TimeSpan.FromMilliseconds(500) + RoundTrip, took);
    }

    [Fact]
    public void A_hung_node_is_left_as_soon_as_it_is_found_out()
    {
        var users = _world.Users();
        _world.Eu.Hang();

        var (read, took) = _world.Timed(() => users.FindAsync(Key(1)));

        Assert.NotEqual("eu", read.Endpoint);
        Assert.True(read.Reason.HasFlag(RouteReason.OtherFailed));
        Assert.InRange(took, TimeSpan.FromMilliseconds(200) + RoundTrip, TimeSpan.FromMilliseconds(300) + RoundTrip);
    }

    [Fact]
    public void A_client_s_first_read_waits_for_no_hung_node_behind_a_near_one_that_is_well()
    {
        for (var seed = 1; seed <= 8; seed++)
        {
            using var world = Europeans(seed, hung: ["eu-2", "eu-3"]);

            var (read, took) = world.Timed(() => Users(world.StartClient().OpenSession()).FindAsync(Key(1)));

            Assert.Equal("eu", read.Endpoint);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
        }
    }

    [Theory]
    [InlineData(ConsistencyLevel.Eventual, null)]
    [InlineData(ConsistencyLevel.Eventual, Europe)]
    [InlineData(ConsistencyLevel.Session, null)]
    public void A_client_s_first_read_stays_with_no_stranger_that_says_nothing_once_another_node_is_known(ConsistencyLevel level, string? only)
    {
        var waited = false;
        for (var seed = 1; seed <= 8; seed++)
        {
            using var world = Europeans(seed, hung: ["eu", "eu-3"]);
            var options = new ReadOptions { Consistency = level, Region = only is null ? default : RegionId.Parse(only) };
            var users = Users(world.StartClient().OpenSession());

            var (read, took) = world.Timed(() => users.FindAsync(Key(1), options));

            Assert.Equal("eu-2", read.Endpoint);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
            waited |= read.Reason.HasFlag(RouteReason.OtherFailed);
        }

        Assert.Equal(level == ConsistencyLevel.Eventual, waited);
    }

    [Fact]
    public void When_all_are_down_the_read_ends_at_the_deadline_and_not_later()
    {
        var users = _world.Users();
        _world.Us.Kill();
        _world.Eu.Kill();
        _world.Ap.Kill();

        var (thrown, after) = _world.Throws<DeadlineExceededException>(() => users.FindAsync(Key(1), new ReadOptions { Timeout = 2 * Second }).AsTask());

        Assert.Equal(2 * Second, after);
        Assert.True(thrown.IsTransient);
        Assert.InRange(thrown.Attempts, 4, 100);
    }

    [Fact]
    public void When_all_hang_the_read_ends_at_the_deadline_and_not_later()
    {
        var users = _world.Users();
        _world.Us.Hang();
        _world.Eu.Hang();
        _world.Ap.Hang();

        var (thrown, after) = _world.Throws<DeadlineExceededException>(() => users.FindAsync(Key(1), new ReadOptions { Timeout = 10 * Second }).AsTask());

        Assert.InRange(after, 10 * Second, (10 * Second) + TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, thrown.Attempts - (thrown.Attempts > 3 ? 1 : 0));
    }

    [Fact]
    public void A_read_that_nobody_ever_had_room_for_says_so()
    {
        var users = _world.Users();
        foreach (var node in new[] { _world.Us, _world.Eu, _world.Ap })
        {
            node.FailNext(SimulatedFault.Throttled, SimulatedOperations.Reads, times: 1_000);
        }

        var (thrown, after) = _world.Throws<ThrottledException>(() => users.FindAsync(Key(1), new ReadOptions { Timeout = 2 * Second }).AsTask());

        Assert.Equal(2 * Second, after);
        Assert.Equal((true, WriteDisposition.NotApplied, "users.find"), (thrown.IsTransient, thrown.Disposition, thrown.Operation));
        Assert.InRange(thrown.Attempts, 4, 1_000);
    }

    [Fact]
    public void A_read_that_met_something_else_too_is_not_called_throttled()
    {
        var users = _world.Users();
        _world.Us.FailNext(SimulatedFault.Throttled, SimulatedOperations.Reads, times: 1_000);
        _world.Ap.FailNext(SimulatedFault.Throttled, SimulatedOperations.Reads, times: 1_000);
        _world.Eu.Kill();

        var (thrown, _) = _world.Throws<DeadlineExceededException>(() => users.FindAsync(Key(1), new ReadOptions { Timeout = 2 * Second }).AsTask());

        Assert.NotNull(thrown.InnerException);
    }

    [Fact]
    public void Faults_of_a_node_are_met_by_asking_another()
    {
        var users = _world.Users();
        SimulatedFault[] faults =
        [
            SimulatedFault.Unknown, SimulatedFault.Unreachable, SimulatedFault.Interrupted, SimulatedFault.AnswerLost, SimulatedFault.Timeout,
            SimulatedFault.Throttled, SimulatedFault.WrongRole,
        ];
        foreach (var fault in faults)
        {
            _world.Time.Advance(60 * Second);
            _world.Eu.FailNext(fault, SimulatedOperations.Reads);
            var read = _world.Run(users.FindAsync(Key(1)));
            Assert.True(read.Endpoint != "eu", fault.ToString());
            Assert.True(read.Reason.HasFlag(RouteReason.OtherFailed), fault.ToString());
        }
    }

    [Fact]
    public void A_read_that_the_store_refuses_is_not_sent_again()
    {
        var users = _world.Users();
        _world.Eu.FailNext(SimulatedFault.Rejected, SimulatedOperations.Reads);

        var (thrown, _) = _world.Throws<StoreFailureException>(() => users.FindAsync(Key(1)).AsTask());

        Assert.Equal(1, thrown.Attempts);
        Assert.False(thrown.IsTransient);
    }

    [Fact]
    public void Cancellation_by_the_caller_ends_a_read_at_once()
    {
        var client = _world.Client();
        var users = Users(client.OpenSession());
        _world.Us.Hang();
        _world.Eu.Hang();
        _world.Ap.Hang();
        using var source = new CancellationTokenSource();
        var read = users.FindAsync(Key(1), cancellationToken: source.Token).AsTask();
        _world.Time.Advance(Second / 10);
        Assert.False(read.IsCompleted);

        _world.Do(source.Cancel);

        Assert.True(read.IsCanceled);
        Assert.Equal(EndpointHealth.Healthy, HealthOf(client, "eu"));
        _world.Throws<OperationCanceledException>(() => users.FindAsync(Key(1), cancellationToken: new CancellationToken(true)).AsTask());
    }

    [Fact]
    public void A_read_that_waits_for_a_replica_notices_early_that_it_has_caught_up()
    {
        var users = _world.Users();
        _world.Eu.PauseReplay();
        var user = _world.NewUser();
        _world.Run(users.InsertAsync(user));
        _world.Time.Advance(100 * Second);
        Assert.Equal("us", _world.Run(users.FindAsync(user.Key)).Endpoint);
        _world.Us.Kill();
        _world.Ap.Kill();
        var read = users.FindAsync(user.Key, new ReadOptions { Timeout = 10 * Second }).AsTask();
        _world.Time.Advance(Second);
        Assert.False(read.IsCompleted);

        _world.Eu.ResumeReplay();

        Assert.Equal("eu", _world.Run(read, TimeSpan.FromMilliseconds(500)).Endpoint);
    }

    [Fact]
    public void A_replica_that_shows_less_after_a_restart_is_left()
    {
        var writer = _world.Users(America);
        var users = _world.Users();
        _world.Ap.PauseReplay();
        _world.Eu.HoldReplayPosition();
        var user = _world.NewUser();
        _world.Run(writer.InsertAsync(user));
        _world.Time.Advance(Second);
        Assert.Equal("eu", _world.Run(users.FindAsync(user.Key)).Endpoint);

        _world.Eu.PauseReplay();
        _world.Eu.Restart();

        var (read, took) = _world.Timed(() => users.FindAsync(user.Key));
        Assert.True(read.Found);
        Assert.Equal("us", read.Endpoint);
        Assert.InRange(took, RoundTrip, 4 * RoundTrip);
    }

    public void Dispose() => _world.Dispose();

    /// <summary>Three nodes next to the client, whose history is known already, and some of them hang.</summary>
    private static World Europeans(int seed, string[] hung)
    {
        var world = new World(seed, static shard => shard.AddNode("us", America).AddNode("eu", Europe).AddNode("eu-2", Europe).AddNode("eu-3", Europe).Holds("emea"));
        world.DisposeOf(world.Client());
        foreach (var node in hung)
        {
            world.Shard[node].Hang();
        }

        return world;
    }

    private static EndpointHealth HealthOf(DataClient client, string endpoint) =>
        client.Topology.Shards[0].Endpoints.Single(candidate => candidate.Name == endpoint).Health;
}
