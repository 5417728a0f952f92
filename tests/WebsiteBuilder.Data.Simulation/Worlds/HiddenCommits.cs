using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>
/// Commits wait for two standbys that are far away or say nothing, while replicas nearby show them already. Who has read them there writes on, at whatever durability, and others read at the
/// primary, which shows nothing that still waits. Nobody dies: a crash takes back what was written at <c>Off</c>. Nobody gives
/// up: a wait that is broken off leaves what is visible at once.
/// </summary>
internal sealed class HiddenCommits : World
{
    public override int Shards => 1;

    public override Workload Workload { get; } = new()
    {
        Keys = 12,
        Steps = 2_200,
        Kinds = [(StepKind.Find, 45), (StepKind.FindMany, 15), (StepKind.Upsert, 34), (StepKind.Merge, 2), (StepKind.HandOver, 3), (StepKind.Open, 1)],
        Levels = [(ConsistencyLevel.Strong, 30), (ConsistencyLevel.Session, 70)],
        Durabilities = [(WriteDurability.RemoteApply, 30), (WriteDurability.RemoteFlush, 30), (WriteDurability.Local, 25), (WriteDurability.Off, 15)],
        GivingUp = 0,
        ShortDeadlines = 0,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
        [(FaultKind.Lag, 6), (FaultKind.PauseReplay, 4), (FaultKind.StopReceiving, 3), (FaultKind.HoldReplayPosition, 2), (FaultKind.Hang, 2)];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(2);

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("us", Virginia).AddNode("us-2", Virginia).AddNode("eu", Ireland).AddNode("ap", Mumbai)
            .Holds("one")
            .Synchronous(2, "eu", "ap"));
}
