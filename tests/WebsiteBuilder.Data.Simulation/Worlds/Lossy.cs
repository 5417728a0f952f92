using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Primaries die, and replicas that lack some of their writes are promoted.</summary>
internal sealed class Lossy : World
{
    public override Workload Workload { get; } = new() { IdempotencyKeys = 0.3 };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.PromoteAfterDeath, 3), (FaultKind.SwitchOver, 1), (FaultKind.Lag, 4), (FaultKind.RareEvents, 2), (FaultKind.StopReceiving, 2), (FaultKind.PauseReplay, 2),
        (FaultKind.HoldReplayPosition, 1), (FaultKind.Kill, 1),
    ];
}
