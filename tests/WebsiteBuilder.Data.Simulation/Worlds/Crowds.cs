using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>
/// Many sessions of one process read few keys at the same instants, so that their reads share round trips: with some who require more than others, some who leave all at
/// once, rows that nobody can read, and nodes that refuse, hang and die meanwhile.
/// </summary>
internal sealed class Crowds : World
{
    public override IReadOnlyList<string> Regions => [Virginia, Ireland];

    public override int Shards => 1;

    public override Workload Workload { get; } = new()
    {
        Workers = 64,
        Keys = 12,
        Steps = 2_560,
        Think = TimeSpan.FromMilliseconds(100),
        Beat = TimeSpan.FromMilliseconds(200),
        Unreadable = 0.04,
        PatienceAtPeace = TimeSpan.FromMilliseconds(100),
        Kinds =
        [
            (StepKind.Find, 74), (StepKind.FindMany, 4), (StepKind.Upsert, 12), (StepKind.ReadAndUpdate, 3), (StepKind.Merge, 3), (StepKind.HandOver, 3),
            (StepKind.Open, 1),
        ],
        Levels = [(ConsistencyLevel.Session, 55), (ConsistencyLevel.BoundedStaleness, 20), (ConsistencyLevel.Eventual, 10), (ConsistencyLevel.Strong, 15)],
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.Impatience, 10), (FaultKind.Refuse, 4), (FaultKind.StoreError, 6), (FaultKind.Kill, 2), (FaultKind.Hang, 2), (FaultKind.Slow, 3), (FaultKind.Lag, 3),
        (FaultKind.PauseReplay, 2), (FaultKind.RareEvents, 3), (FaultKind.SwitchOver, 1),
    ];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(1.5);

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("us", Virginia).AddNode("eu", Ireland).AddNode("west", Oregon)
            .Holds("one"));
}
