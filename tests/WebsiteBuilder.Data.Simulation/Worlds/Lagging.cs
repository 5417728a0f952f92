using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Replicas lag, stop, hang, die; the primary stays.</summary>
internal sealed class Lagging : World
{
    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.Lag, 4), (FaultKind.RareEvents, 2), (FaultKind.PauseReplay, 4), (FaultKind.StopReceiving, 3), (FaultKind.HoldReplayPosition, 4), (FaultKind.Kill, 1),
        (FaultKind.Hang, 1), (FaultKind.Slow, 2), (FaultKind.JumpClock, 1),
    ];
}
