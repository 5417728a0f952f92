using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>
/// Every write is confirmed by two of three standbys, and a coordinator promotes so that none is lost; strong reads ask for a barrier. Then every key is a
/// linearizable register, although old primaries go on and networks break.
/// </summary>
internal sealed class Quorum : World
{
    public override bool IsLinearizable => true;

    public override int Shards => 1;

    public override Workload Workload { get; } = new()
    {
        Keys = 40,
        Steps = 2_300,
        Kinds =
        [
            (StepKind.Find, 50), (StepKind.FindMany, 6), (StepKind.Upsert, 30), (StepKind.Merge, 5), (StepKind.HandOver, 4), (StepKind.Open, 1),
        ],
        Levels = [(ConsistencyLevel.Strong, 40), (ConsistencyLevel.Session, 45), (ConsistencyLevel.BoundedStaleness, 10), (ConsistencyLevel.Eventual, 5)],
        Durabilities = [(WriteDurability.RemoteFlush, 80), (WriteDurability.RemoteApply, 20)],
        Barriers = 1,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.PromoteSafely, 3), (FaultKind.Lag, 2), (FaultKind.RareEvents, 2), (FaultKind.PauseReplay, 2), (FaultKind.StopReceiving, 2), (FaultKind.HoldReplayPosition, 1),
        (FaultKind.Kill, 1), (FaultKind.IsolateRegion, 1), (FaultKind.CutOneWay, 1), (FaultKind.CancelWaits, 8),
    ];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(2.5);

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("us", Virginia).AddNode("us-2", Virginia).AddNode("eu", Ireland).AddNode("ap", Mumbai)
            .Holds("one")
            .Synchronous(2, "us", "us-2", "eu", "ap"));
}
