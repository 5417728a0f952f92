using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>
/// Strong reads ask for a barrier, and operators cancel what waits for standbys all the time: then a barrier is committed and confirmed by nobody, and proves nothing. Old primaries
/// that nobody follows any more go on beside.
/// </summary>
internal sealed class Confirmations : World
{
    public override bool IsLinearizable => true;

    public override int Shards => 1;

    public override Workload Workload { get; } = new()
    {
        Keys = 12,
        Steps = 2_200,
        Kinds = [(StepKind.Find, 60), (StepKind.Upsert, 35), (StepKind.Merge, 2), (StepKind.HandOver, 2), (StepKind.Open, 1)],
        Levels = [(ConsistencyLevel.Strong, 80), (ConsistencyLevel.Session, 20)],
        Durabilities = [(WriteDurability.RemoteFlush, 100)],
        Barriers = 1,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
        [(FaultKind.PromoteSafely, 4), (FaultKind.IsolateRegion, 3), (FaultKind.CutOneWay, 2), (FaultKind.Lag, 3), (FaultKind.CancelWaits, 40)];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(2.5);

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("us", Virginia).AddNode("us-2", Virginia).AddNode("eu", Ireland).AddNode("ap", Mumbai)
            .Holds("one")
            .Synchronous(2, "us", "us-2", "eu", "ap"));
}
