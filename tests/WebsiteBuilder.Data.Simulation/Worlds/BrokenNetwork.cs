using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Links between regions are cut one way and both ways, lose, repeat and reorder messages, and reset connections.</summary>
internal sealed class BrokenNetwork : World
{
    public override Workload Workload { get; } = new() { IdempotencyKeys = 0.3 };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.Cut, 2), (FaultKind.CutOneWay, 3), (FaultKind.IsolateRegion, 1), (FaultKind.Lose, 2), (FaultKind.Reset, 2), (FaultKind.Duplicate, 3),
        (FaultKind.Reorder, 4), (FaultKind.Lag, 1), (FaultKind.RareEvents, 2), (FaultKind.SwitchOver, 1),
    ];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(2);
}
