using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Replicas hang, die, flap and grow slow, and one of each region never does: callers whom it could answer hardly notice.</summary>
internal class Ailing : World
{
    public override IReadOnlyList<string> Regions => [Virginia];

    public override int Shards => 1;

    public override bool IsFeltLittle => true;

    public override Workload Workload { get; } = new()
    {
        Workers = 6,
        SharedPairs = 0,
        Steps = 1_800,
        Think = TimeSpan.FromMilliseconds(250),
        RegionRequests = 0,
        GivingUp = 0,
        ShortDeadlines = 0,
        Kinds = [(StepKind.Find, 92), (StepKind.Upsert, 8)],
        Levels = [(ConsistencyLevel.Eventual, 80), (ConsistencyLevel.Session, 20)],
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
        [(FaultKind.Hang, 3), (FaultKind.Kill, 1), (FaultKind.Flap, 2), (FaultKind.Slow, 2), (FaultKind.SlowReads, 3)];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(30);

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("us", Virginia).AddNode("us-2", Virginia).AddNode("us-3", Virginia).AddNode("us-well", Virginia)
            .Holds("one"));

    /// <summary>Reads that ask a second node would hide how late it is noticed that the first is no good.</summary>
    public override void Configure(DataOptions options) => options.Routing.HedgeReads = false;

    public override bool MayAil(SimulatedNode node) => !node.IsPrimary && !node.Name.EndsWith("well", StringComparison.Ordinal);
}

/// <summary>The same with about one read a second, and with reads that ask a second node.</summary>
internal sealed class Sparse : Ailing
{
    public override Workload Workload => base.Workload with { Workers = 2, Steps = 160, Think = TimeSpan.FromSeconds(2) };

    public override void Configure(DataOptions options)
    {
    }
}
