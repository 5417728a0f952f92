using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Logs stand still while a replica is promoted at the very position that all processes have sampled, and other replicas stay there.</summary>
internal sealed class Standstill : World
{
    /// <summary>A second promotion may follow before anybody has named the history of the first.</summary>
    public override bool MayForgetBranches => true;

    public override Workload Workload { get; } = new()
    {
        Keys = 6,
        Kinds = [(StepKind.Find, 80), (StepKind.FindMany, 14), (StepKind.Upsert, 4), (StepKind.Merge, 1), (StepKind.Open, 1)],
        Levels = [(ConsistencyLevel.Session, 40), (ConsistencyLevel.BoundedStaleness, 45), (ConsistencyLevel.Eventual, 15)],
        Steps = 2_200,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults => [(FaultKind.PromoteStill, 6)];

    public override void Configure(DataOptions options) => options.Health.ProbeInterval = TimeSpan.FromSeconds(2);
}
