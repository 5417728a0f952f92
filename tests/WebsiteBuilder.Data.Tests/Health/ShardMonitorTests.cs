using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Health;

public sealed class ShardMonitorTests : IDisposable
{
    private const SimulatedOperations Probes = SimulatedOperations.Probes;
    private readonly World _world = new();

    [Fact]
    public void A_start_finds_all_roles_although_the_history_had_no_name()
    {
        var client = _world.StartClient();
        Assert.Equal(ShardState.NoPrimary, client.Topology.Shards[0].State);

        _world.Time.Advance(3 * Second);

        Assert.Equal(ShardState.Writable, client.Topology.Shards[0].State);
        Assert.Equal(
            [EndpointRole.Primary, EndpointRole.Replica, EndpointRole.Replica],
            client.Topology.Shards[0].Endpoints.Select(static endpoint => endpoint.Role));
        Assert.All(client.Topology.Shards[0].Endpoints, static endpoint => Assert.Equal(EndpointHealth.Healthy, endpoint.Health));
    }

    [Fact]
    public void A_well_node_is_probed_at_the_probe_interval_with_jitter()
    {
        _world.Client();
        _world.Time.Advance(60 * Second);
        var gaps = Gaps(() => _world.Eu.CountOf(Probes), 600 * Second);

        Assert.InRange(gaps.Count, 14, 26);

        // The sweep of operation rows writes once in that time. A probe that comes before that write has arrived is made again at the recheck interval.
        var usual = gaps.Where(static gap => gap > 1.6 * Second).ToList();
        Assert.InRange(gaps.Count - usual.Count, 0, 1);
        Assert.All(usual, static gap => Assert.InRange(gap, 15 * Second, 45.1 * Second));
        Assert.True(gaps.Max() - gaps.Min() > 5 * Second);
    }

    [Fact]
    public void An_unhealthy_node_is_probed_at_the_recheck_interval()
    {
        var client = _world.Client();
        _world.Eu.Kill();
        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 300 * Second);
        var gaps = Gaps(() => _world.Eu.CountOf(Probes), 60 * Second);

        Assert.InRange(gaps.Count, 45, 80);
        Assert.All(gaps, static gap => Assert.InRange(gap, 0.45 * Second, 1.6 * Second));
    }

    [Fact]
    public void Three_failures_in_a_row_take_a_node_out_and_two_successes_bring_it_back()
    {
        var client = _world.Client();
        _world.Eu.FailNext(SimulatedFault.Unreachable, Probes, times: 2);
        var probes = _world.Eu.CountOf(Probes);
        _world.Until(() => _world.Eu.CountOf(Probes) == probes + 3, 300 * Second);
        _world.Time.Advance(Second);
        Assert.Equal(EndpointHealth.Healthy, HealthOf(client, "eu"));

        _world.Eu.FailNext(SimulatedFault.Unreachable, Probes, times: 3);
        probes = _world.Eu.CountOf(Probes);
        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 300 * Second);
        Assert.Equal(3, _world.Eu.CountOf(Probes) - probes);

        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Healthy, 10 * Second);
        Assert.Equal(5, _world.Eu.CountOf(Probes) - probes);
    }

    [Fact]
    public void The_primary_is_sampled_at_the_sample_interval_and_replicas_are_not()
    {
        _world.Client();
        var before = _world.Us.CountOf(SimulatedOperations.Samples);

        _world.Time.Advance(60 * Second);

        // A sample takes the round trip, too.
        Assert.InRange(_world.Us.CountOf(SimulatedOperations.Samples) - before, 150, 220);
        Assert.Equal(0, _world.Eu.CountOf(SimulatedOperations.Samples) + _world.Ap.CountOf(SimulatedOperations.Samples));
    }

    [Fact]
    public void An_idle_replica_is_never_older_than_the_samples()
    {
        var users = _world.Users();
        for (var i = 0; i < 100; i++)
        {
            _world.Time.Advance(TimeSpan.FromMilliseconds(137));
            var read = _world.Run(users.FindAsync(Key(1), new ReadOptions { Consistency = ConsistencyLevel.Eventual }));
            Assert.InRange(read.Age!.Value, TimeSpan.Zero, (0.375 * Second) + (2 * RoundTrip));
        }
    }

    [Fact]
    public void A_dead_primary_is_noticed_by_its_samples_and_its_successor_by_probes()
    {
        var client = _world.Client();
        _world.Us.Kill();
        var start = _world.Time.Elapsed;
        _world.Until(() => client.Topology.Shards[0].State == ShardState.NoPrimary);
        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, 2 * Second);

        _world.Shard.Promote("ap");
        start = _world.Time.Elapsed;
        _world.Until(() => client.Topology.Shards[0].WriteRegion == RegionId.Parse(Asia));
        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, 2 * Second);
    }

    [Fact]
    public void No_request_waits_for_a_probe()
    {
        var users = _world.Users();
        _world.Eu.FailNext(SimulatedFault.Interrupted, SimulatedOperations.Reads);

        var (read, took) = _world.Timed(() => users.FindAsync(Key(1)));

        Assert.NotEqual("eu", read.Endpoint);
        Assert.Equal(RoundTrip + TimeSpan.FromMilliseconds(1), took);
    }

    [Fact]
    public void A_replica_met_before_the_first_sample_is_measured_soon_after_it()
    {
        _world.Client();
        var late = World.Users(_world.Client().OpenSession());

        var read = _world.Run(late.FindAsync(Key(1), new ReadOptions { Consistency = ConsistencyLevel.BoundedStaleness, MaxStaleness = 2 * Second }));

        Assert.Equal("eu", read.Endpoint);
    }

    [Fact]
    public void A_disposed_client_leaves_no_timers()
    {
        var client = _world.Client();
        Assert.NotEqual(0, _world.Time.TimerCount);

        _world.DisposeOf(client);
        _world.Time.Advance(Second);

        Assert.Equal(0, _world.Time.TimerCount);
        Assert.Throws<ObjectDisposedException>(() => client.OpenSession());
    }

    public void Dispose() => _world.Dispose();

    private static EndpointHealth HealthOf(DataClient client, string endpoint) =>
        client.Topology.Shards[0].Endpoints.Single(candidate => candidate.Name == endpoint).Health;

    private List<TimeSpan> Gaps(Func<int> count, TimeSpan span)
    {
        var gaps = new List<TimeSpan>();
        var end = _world.Time.Elapsed + span;
        var (seen, at) = (count(), (TimeSpan?)null);
        while (_world.Time.Elapsed < end && _world.Time.AdvanceToNextTimer())
        {
            if (count() == seen)
            {
                continue;
            }

            seen = count();
            if (at is { } before)
            {
                gaps.Add(_world.Time.Elapsed - before);
            }

            at = _world.Time.Elapsed;
        }

        return gaps;
    }
}
