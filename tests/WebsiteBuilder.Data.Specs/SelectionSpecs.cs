using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Specs;

/// <summary>Whom a read asks first, and whom next: the tables in <c>selection</c>.</summary>
public class SelectionSpecs
{
    private static readonly SpecTable<SelectionCase> Table = new("selection");
    private static readonly TimeSpan Now = TimeSpan.FromHours(2);

    public static TheoryData<string, string> Cases => Table.Rows();

    [Theory]
    [MemberData(nameof(Cases))]
    public void Selects(string file, string name)
    {
        var spec = Table[file, name];
        var expected = spec.Expect;
        var shard = Shard(spec);
        var topology = Topology(spec, shard.Definition);
        var policy = new RoutePolicy(RegionId.Parse(spec.Local), TimeSpan.FromMilliseconds(spec.WindowMs));
        var request = new RouteRequest(
            spec.Level,
            TimeSpan.FromMilliseconds(spec.MaxStalenessMs),
            spec.Only is { } only ? RegionId.Parse(only) : default,
            spec.Exclude.Aggregate(UInt128.Zero, static (mask, endpoint) => mask | (UInt128.One << endpoint)),
            Nodes: spec.Prefer,
            Labels: Labels(spec.Labels));
        var requirement = Requirement(spec.Require);

        var firsts = new SortedSet<int>();
        foreach (var random in Randoms())
        {
            var plan = RoutePlanner.Plan(policy, shard, topology, request, requirement, Now, random);
            if (expected.None)
            {
                Assert.Equal(0, plan.Count);
                continue;
            }

            var steps = Enumerable.Range(0, plan.Count).Select(step => plan[step]).ToArray();
            Assert.NotEmpty(steps);
            Assert.Equal(steps.Length, steps.Distinct().Count());
            Assert.DoesNotContain(steps, spec.Exclude.Contains);
            Assert.All(steps, step => Assert.True(RoutePlanner.MayAsk(topology, step, request)));
            if (request.Level == ConsistencyLevel.Eventual && plan.Count < RoutePlan.MaxSteps)
            {
                var others = Enumerable.Range(0, topology.MayRead.Length).Except(steps).Where(other => (topology.MayRead[other] & ReadableAs.HealthyAny) != ReadableAs.Nothing);
                Assert.All(others, other => Assert.False(RoutePlanner.MayAsk(topology, other, request)));
            }

            firsts.Add(steps[0]);
            if (expected.Then is { } then)
            {
                Assert.Equal(then, steps[1..]);
            }

            if (expected.Count is { } count)
            {
                Assert.Equal(count, plan.Count);
            }

            if (expected.WaitMs is { } wait)
            {
                Assert.Equal(wait, plan.Wait.TotalMilliseconds, 0.01);
            }

            if (expected.Reason is { } reason)
            {
                Assert.Equal(reason, plan.Reason);
            }
        }

        if (!expected.None)
        {
            Assert.Equal(expected.First.Order(), firsts);
        }
    }

    // All pairs of first and second choice among 64 come up, and the ends of the range.
    private static IEnumerable<uint> Randoms() => Enumerable.Range(0, 64 * 63).Select(static n => (uint)n).Concat([(uint)int.MaxValue, uint.MaxValue]);

    private static Requirement Requirement(SelectionRequire? require) => require is null ? default : new Requirement(
        require.Replica,
        require.Primary,
        require.LearnedMsAgo is { } ago ? Now - TimeSpan.FromMilliseconds(ago) : null,
        require.Repeat is { } endpoint ? new RepeatRead(endpoint + 1, 1, require.Replica - 1, require.Replica) : default);

    private static LabelPreference? Labels(Dictionary<string, string>[] sets) => sets.Length == 0
        ? null
        : sets[1..].Aggregate(LabelPreference.First(Labels(sets[0])), static (labels, set) => labels.Else(Labels(set)));

    private static (string, string)[] Labels(Dictionary<string, string> set) => [.. set.Select(static label => (label.Key, label.Value))];

    private static LiveShard Shard(SelectionCase spec)
    {
        var nodes = spec.Nodes.SelectMany(static node => Enumerable.Repeat(node, node.Times)).ToArray();
        var endpoints = nodes.Select(static (node, i) => new EndpointDefinition(i, $"node-{i}", RegionId.Parse(node.Region))
        {
            Weight = node.Weight,
            Labels = Labels(node.Labels),
        }).ToArray();
        var definition = new ShardDefinition(new ShardId(StoreKind.PostgreSql, 1), "one", [], endpoints);
        var health = new HealthPolicy(
            TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), FailuresToLeave: 3, SuccessesToReturn: 2, TimeSpan.FromMilliseconds(250));
        var live = endpoints.Select(endpoint => new ShardNode(endpoint, null!, Vitals(nodes[endpoint.Index], health))).ToArray();
        var shard = new LiveShard(0, definition, live);
        var history = new HistoryId(1);
        shard.Enter(history, ulong.MaxValue);
        foreach (var (msAgo, position) in spec.Samples.Select(static sample => (sample[0], sample[1])))
        {
            shard.Samples.Add(history, Now - TimeSpan.FromMilliseconds(msAgo), (ulong)position);
        }

        return shard;
    }

    private static EndpointVitals Vitals(SelectionNode node, HealthPolicy health)
    {
        var vitals = new EndpointVitals(health);
        if (node.RttMs is { } roundTrip)
        {
            vitals.Measured(TimeSpan.FromMilliseconds(roundTrip));
        }

        vitals.AtPosition(node.Position, Now, node.LagMs is { } lag ? TimeSpan.FromMilliseconds(lag) : null);
        if (node.CatchUpMs >= 0.5)
        {
            vitals.WasBehind(TimeSpan.FromMilliseconds((node.CatchUpMs - 0.5) / 2));
        }

        for (var i = 0; i < node.InFlight; i++)
        {
            vitals.Began();
        }

        return vitals;
    }

    private static ShardTopology Topology(SelectionCase spec, ShardDefinition definition)
    {
        var nodes = spec.Nodes.SelectMany(static node => Enumerable.Repeat(node, node.Times)).ToArray();
        var primary = spec.Primary ?? Array.FindIndex(nodes, static node => node.Role == EndpointRole.Primary);
        return new ShardTopology(
            definition,
            primary < 0 ? ShardState.NoPrimary : ShardState.Writable,
            null,
            primary,
            [.. nodes.Select(static node => node.Role)],
            [.. nodes.Select(static node => node.Health)]);
    }
}

internal sealed record SelectionCase : ISpecCase
{
    public required string Name { get; init; }

    public string Local { get; init; } = "eu";

    public double WindowMs { get; init; } = 15;

    public required ConsistencyLevel Level { get; init; }

    public double MaxStalenessMs { get; init; } = 5_000;

    public string? Only { get; init; }

    public NodePreference Prefer { get; init; }

    /// <summary>Sets of labels, in order of preference.</summary>
    public Dictionary<string, string>[] Labels { get; init; } = [];

    public int[] Exclude { get; init; } = [];

    public SelectionRequire? Require { get; init; }

    /// <summary>Samples of the primary's position: how many milliseconds ago, and where.</summary>
    public long[][] Samples { get; init; } = [];

    public required SelectionNode[] Nodes { get; init; }

    /// <summary>The index of the shard's primary; without it the one whose role says so, or none. -1 for none while writes are stopped.</summary>
    public int? Primary { get; init; }

    public required SelectionExpectation Expect { get; init; }
}

internal sealed record SelectionRequire
{
    public ulong Replica { get; init; }

    public ulong Primary { get; init; }

    public double? LearnedMsAgo { get; init; }

    /// <summary>The endpoint that may answer again.</summary>
    public int? Repeat { get; init; }
}

internal sealed record SelectionNode
{
    public int Weight { get; init; } = 1;

    public Dictionary<string, string> Labels { get; init; } = [];

    public string Region { get; init; } = "eu";

    public EndpointRole Role { get; init; } = EndpointRole.Replica;

    public EndpointHealth Health { get; init; } = EndpointHealth.Healthy;

    public double? RttMs { get; init; }

    public ulong Position { get; init; }

    public double? LagMs { get; init; }

    public double CatchUpMs { get; init; }

    public int InFlight { get; init; }

    /// <summary>So many nodes alike.</summary>
    public int Times { get; init; } = 1;
}

internal sealed record SelectionExpectation
{
    /// <summary>Whoever may come first, over all random numbers; each of them must.</summary>
    public int[] First { get; init; } = [];

    /// <summary>Who follows, in order.</summary>
    public int[]? Then { get; init; }

    public int? Count { get; init; }

    public double? WaitMs { get; init; }

    public RouteReason? Reason { get; init; }

    /// <summary>Nobody may be asked.</summary>
    public bool None { get; init; }
}
