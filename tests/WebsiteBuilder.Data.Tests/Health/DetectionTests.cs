using WebsiteBuilder.Data.Testing;
using static WebsiteBuilder.Data.Tests.World;

namespace WebsiteBuilder.Data.Tests.Health;

/// <summary>What it takes until a node that is no good is out of rotation, on virtual time.</summary>
public sealed class DetectionTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    private readonly World _world = new();

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void A_node_that_hangs_while_it_is_asked_is_out_soon(int callers)
    {
        var client = _world.Client();
        _world.Eu.Hang();
        var start = _world.Time.Elapsed;
        Ask(client, callers);

        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 2 * Second);

        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, Soon);
        var read = _world.Run(World.Users(client.OpenSession()).FindAsync(Key(1)));
        Assert.True(read.Reason.HasFlag(RouteReason.OtherOutOfRotation));
        Assert.False(read.Reason.HasFlag(RouteReason.OtherFailed));
    }

    [Fact]
    public void A_node_that_is_dead_is_out_soon_while_it_is_asked()
    {
        var client = _world.Client();
        _world.Eu.Kill();
        var start = _world.Time.Elapsed;
        Ask(client, 4);

        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 2 * Second);

        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, Soon);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_idle_node_is_out_within_a_second_by_probes_at_fast_settings(bool hangs)
    {
        var client = _world.Client(configure: Fast);
        (hangs ? (Action)_world.Eu.Hang : _world.Eu.Kill)();
        var start = _world.Time.Elapsed;

        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 5 * Second);

        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, Second);
    }

    [Fact]
    public void A_hung_primary_that_nobody_asks_is_out_within_a_second_or_two_by_its_samples()
    {
        var client = _world.Client();
        _world.Us.Hang();
        var start = _world.Time.Elapsed;

        _world.Until(() => client.Topology.Shards[0].State == ShardState.NoPrimary, 5 * Second);

        // It is 80 ms away, so its silence must last for ten times that.
        Assert.InRange(_world.Time.Elapsed - start, TimeSpan.Zero, 1.5 * Second);
    }

    [Fact]
    public void A_node_that_takes_long_for_what_it_is_asked_and_answers_pings_stays()
    {
        var client = _world.Client();
        _world.Time.Advance(60 * Second);
        _world.Eu.Latency = TimeSpan.FromMilliseconds(150);
        for (var i = 0; i < 50; i++)
        {
            Ask(client, 1);
            _world.Time.Advance(Second / 5);
            Assert.Equal(EndpointHealth.Healthy, HealthOf(client, "eu"));
        }
    }

    [Fact]
    public void A_node_that_has_moved_away_is_measured_again_by_its_first_slow_answer()
    {
        var client = _world.Client();
        _world.Time.Advance(60 * Second);
        _world.Eu.Latency = 0.9 * Second / 2;
        Ask(client, 4);
        _world.Time.Advance(3 * Second);

        var (read, took) = _world.Timed(() => World.Users(client.OpenSession()).FindAsync(Key(1)));

        Assert.NotEqual("eu", read.Endpoint);
        Assert.InRange(took, TimeSpan.Zero, 2 * RoundTrip);
    }

    [Fact]
    public void A_node_that_hung_is_back_when_it_answers_again()
    {
        var client = _world.Client();
        _world.Eu.Hang();
        Ask(client, 1);
        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 2 * Second);
        _world.Time.Advance(5 * Second);
        _world.Eu.Heal();

        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Healthy, 3 * Second);
    }

    [Fact]
    public void A_node_that_flaps_is_out_for_longer_each_time()
    {
        var client = _world.Client();
        var outages = new List<TimeSpan>();
        for (var i = 0; i < 6; i++)
        {
            _world.Eu.Hang();
            Ask(client, 1);
            _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 2 * Second);
            _world.Eu.Heal();
            var start = _world.Time.Elapsed;
            _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Healthy, 100 * Second);
            outages.Add(_world.Time.Elapsed - start);
            _world.Time.Advance(2 * Second);
        }

        Assert.InRange(outages[0], TimeSpan.Zero, 3 * Second);
        Assert.InRange(outages[3], 4 * Second, 6 * Second);
        Assert.InRange(outages[5], 16 * Second, 18 * Second);
    }

    [Fact]
    public void A_primary_that_flaps_is_not_held_back()
    {
        var client = _world.Client(America);
        for (var i = 0; i < 6; i++)
        {
            _world.Us.Hang();
            _world.Until(() => client.Topology.Shards[0].State == ShardState.NoPrimary, 2 * Second);
            _world.Us.Heal();
            _world.Until(() => client.Topology.Shards[0].State == ShardState.Writable, 3 * Second);
        }
    }

    [Fact]
    public void No_request_goes_to_a_node_that_is_out_while_another_can_answer()
    {
        var client = _world.Client();
        _world.Eu.Hang();
        Ask(client, 1);
        _world.Until(() => HealthOf(client, "eu") == EndpointHealth.Unhealthy, 2 * Second);
        var reads = _world.Eu.CountOf(SimulatedOperations.Reads);
        var probes = _world.Eu.CountOf(SimulatedOperations.Probes);

        for (var i = 0; i < 200; i++)
        {
            Ask(client, 1);
            _world.Time.Advance(Second / 10);
        }

        Assert.Equal(reads, _world.Eu.CountOf(SimulatedOperations.Reads));
        Assert.NotEqual(probes, _world.Eu.CountOf(SimulatedOperations.Probes));
    }

    [Fact]
    public void All_are_slow_and_nobody_is_out()
    {
        using var world = Three();
        var client = world.Client();
        foreach (var node in world.Shard.Nodes)
        {
            node.Latency = TimeSpan.FromMilliseconds(150);
        }

        for (var i = 0; i < 200; i++)
        {
            Ask(world, client, 3);
            world.Time.Advance(Second / 10);
            Assert.All(client.Topology.Shards[0].Endpoints, static endpoint => Assert.Equal(EndpointHealth.Healthy, endpoint.Health));
        }
    }

    public void Dispose() => _world.Dispose();

    private static World Three() => new(define: static shard => shard.AddNode("us", America).AddNode("eu", Europe).AddNode("eu-2", Europe).AddNode("eu-3", Europe).Holds("emea"));

    private static void Fast(DataOptions options)
    {
        options.Health.ProbeInterval = TimeSpan.FromMilliseconds(250);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
    }

    private static EndpointHealth HealthOf(DataClient client, string endpoint) =>
        client.Topology.Shards[0].Endpoints.Single(candidate => candidate.Name == endpoint).Health;

    private void Ask(DataClient client, int callers) => Ask(_world, client, callers);

    private static void Ask(World world, DataClient client, int callers) => world.Do(() =>
    {
        for (var i = 0; i < callers; i++)
        {
            _ = World.Users(client.OpenSession()).FindAsync(Key(i), new ReadOptions { Consistency = ConsistencyLevel.Eventual }).AsTask();
        }
    });
}
