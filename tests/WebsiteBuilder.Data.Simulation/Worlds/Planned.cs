using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>The primary changes again and again, as planned and without loss, while replicas lag.</summary>
internal sealed class Planned : World
{
    public override Workload Workload { get; } = new() { IdempotencyKeys = 0.3 };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.SwitchOver, 4), (FaultKind.Lag, 3), (FaultKind.RareEvents, 2), (FaultKind.PauseReplay, 2), (FaultKind.StopReceiving, 2), (FaultKind.HoldReplayPosition, 2),
        (FaultKind.Slow, 2), (FaultKind.Kill, 1), (FaultKind.JumpClock, 1),
    ];
}
