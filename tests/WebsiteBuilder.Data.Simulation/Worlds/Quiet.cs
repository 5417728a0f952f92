using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Hardly anything is written, so that logs stand still, while primaries change and processes hear of it one after the other.</summary>
internal sealed class Quiet : World
{
    /// <summary>A second promotion may follow before anybody has named the history of the first.</summary>
    public override bool MayForgetBranches => true;

    public override Workload Workload { get; } = new()
    {
        Kinds = [(StepKind.Find, 85), (StepKind.FindMany, 8), (StepKind.Upsert, 3), (StepKind.Merge, 2), (StepKind.HandOver, 2)],
        Levels = [(ConsistencyLevel.Session, 45), (ConsistencyLevel.BoundedStaleness, 45), (ConsistencyLevel.Eventual, 10)],
        Steps = 2_200,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.PromoteBesideOld, 5), (FaultKind.SwitchOver, 2), (FaultKind.Lag, 6), (FaultKind.PauseReplay, 4), (FaultKind.StopReceiving, 3), (FaultKind.Cut, 1),
    ];

    public override void Configure(DataOptions options) => options.Health.ProbeInterval = TimeSpan.FromSeconds(2);
}
