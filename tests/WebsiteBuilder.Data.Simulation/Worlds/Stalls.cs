using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Replicas near each other take long now and then, so that reads ask a second one, which may lack what they require; and callers leave meanwhile.</summary>
internal sealed class Stalls : World
{
    public override IReadOnlyList<string> Regions => [Virginia, Ireland];

    public override int Shards => 1;

    public override Workload Workload { get; } = new()
    {
        Workers = 24,
        Keys = 12,
        Steps = 2_400,
        GivingUp = 0.04,
        Kinds =
        [
            (StepKind.Find, 50), (StepKind.FindMany, 12), (StepKind.Query, 6), (StepKind.Upsert, 16), (StepKind.ReadAndUpdate, 6), (StepKind.Merge, 4), (StepKind.HandOver, 4),
            (StepKind.Open, 2),
        ],
        Levels = [(ConsistencyLevel.Session, 75), (ConsistencyLevel.BoundedStaleness, 15), (ConsistencyLevel.Eventual, 5), (ConsistencyLevel.Strong, 5)],
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.Slow, 16), (FaultKind.Hang, 4), (FaultKind.Kill, 1), (FaultKind.Lag, 8), (FaultKind.PauseReplay, 3), (FaultKind.HoldReplayPosition, 3), (FaultKind.ShowEarly, 4),
        (FaultKind.StoreError, 2), (FaultKind.Impatience, 6), (FaultKind.PromoteSafely, 2), (FaultKind.PromoteAfterDeath, 1),
    ];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(1.5);

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("us", Virginia).AddNode("us-2", Virginia).AddNode("us-3", Virginia).AddNode("eu", Ireland).AddNode("eu-2", Ireland).AddNode("eu-3", Ireland)
            .Holds("one"));

    /// <summary>Half of what is asked may be asked in addition, so that much of it happens.</summary>
    public override void Configure(DataOptions options)
    {
        options.Routing.HedgeShare = 0.5;
        options.Routing.HedgeMinDelay = TimeSpan.FromMilliseconds(1);
    }
}
