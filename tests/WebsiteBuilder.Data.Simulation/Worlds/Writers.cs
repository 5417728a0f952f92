using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Sessions write much more than they read, so that their tokens remember single keys, and too many of them.</summary>
internal sealed class Writers : World
{
    public override Workload Workload { get; } = new()
    {
        Kinds = [(StepKind.Upsert, 74), (StepKind.Delete, 6), (StepKind.Find, 10), (StepKind.FindMany, 2), (StepKind.Merge, 2), (StepKind.HandOver, 5), (StepKind.Open, 1)],
        SharedPairs = 1,
        Steps = 2_200,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
        [(FaultKind.Lag, 8), (FaultKind.PauseReplay, 5), (FaultKind.StopReceiving, 4), (FaultKind.SwitchOver, 1), (FaultKind.Kill, 1)];
}
