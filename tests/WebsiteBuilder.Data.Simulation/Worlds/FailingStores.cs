using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Stores fail in every way that they can, servers die and hang, callers have little time and give up.</summary>
internal sealed class FailingStores : World
{
    public override Workload Workload { get; } = new() { GivingUp = 0.08, ShortDeadlines = 0.05, IdempotencyKeys = 0.3 };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.StoreError, 25), (FaultKind.Kill, 2), (FaultKind.Hang, 1), (FaultKind.Slow, 2), (FaultKind.Lag, 2), (FaultKind.RareEvents, 2), (FaultKind.PauseReplay, 1),
        (FaultKind.JumpClock, 1),
    ];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(1.5);
}
