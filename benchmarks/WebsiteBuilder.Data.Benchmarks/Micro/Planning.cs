using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>A shard in memory, and a read to be planned in it: a primary and replicas over three regions, all well, most of them current.</summary>
internal sealed class Planning
{
    public static readonly HistoryId History = new(1);
    private static readonly string[] Regions = ["us-east-1", "eu-west-1", "ap-southeast-1"];
    private static readonly TimeSpan Now = TimeSpan.FromHours(2);
    private static readonly HealthPolicy Health = new(
        TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), FailuresToLeave: 3, SuccessesToReturn: 2, TimeSpan.FromMilliseconds(250));

    private readonly RoutePolicy _policy = new(RegionId.Parse(Regions[1]), TimeSpan.FromMilliseconds(15));
    private readonly LiveShard _shard;
    private readonly ShardTopology _topology;
    private readonly RouteRequest _request = new(ConsistencyLevel.Session, TimeSpan.FromSeconds(5), default, UInt128.Zero);
    private readonly Requirement _requirement = new(900, 900, Now - TimeSpan.FromMilliseconds(20), default);
    private uint _random;

    public Planning(int candidates)
    {
        var endpoints = Enumerable.Range(0, candidates)
            .Select(static i => new EndpointDefinition(i, $"node-{i}", RegionId.Parse(Regions[i % Regions.Length]))).ToArray();
        var definition = new ShardDefinition(new ShardId(StoreKind.PostgreSql, 1), "one", [], endpoints);
        _shard = new LiveShard(0, definition, [.. endpoints.Select(static endpoint => new ShardNode(endpoint, null!, Vitals(endpoint.Index)))]);
        _shard.Enter(History, ulong.MaxValue);
        foreach (var ago in Enumerable.Range(1, 40).Reverse())
        {
            _shard.Samples.Add(History, Now - TimeSpan.FromMilliseconds(250 * ago), (ulong)(1_000 - ago));
        }

        _topology = new ShardTopology(
            definition,
            ShardState.Writable,
            null,
            0,
            [.. endpoints.Select(static endpoint => endpoint.Index == 0 ? EndpointRole.Primary : EndpointRole.Replica)],
            [.. endpoints.Select(static _ => EndpointHealth.Healthy)]);
    }

    public RoutePlan Plan() => RoutePlanner.Plan(_policy, _shard, _topology, _request, _requirement, Now, _random += 2_654_435_769);

    private static EndpointVitals Vitals(int index)
    {
        var vitals = new EndpointVitals(Health);
        vitals.Measured(TimeSpan.FromMilliseconds(index % Regions.Length == 1 ? 1 : 80));

        // Each fourth is behind, so that planning has something to expect.
        vitals.AtPosition(index % 4 == 3 ? 850UL : 1_000, Now, TimeSpan.FromMilliseconds(30));
        return vitals;
    }
}
