using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>One replica shows rows before it reports them while the others stand still, and servers are restarted meanwhile; sessions wander.</summary>
internal sealed class EarlyRows : World
{
    public override Workload Workload { get; } = new()
    {
        Keys = 2,
        Kinds =
        [
            (StepKind.Find, 64), (StepKind.FindMany, 16), (StepKind.Upsert, 8), (StepKind.ReadAndUpdate, 2), (StepKind.Merge, 6), (StepKind.HandOver, 4),
            (StepKind.Open, 4),
        ],
        RegionRequests = 0.25,
        Steps = 2_800,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults => [(FaultKind.ShowEarly, 24), (FaultKind.Kill, 3), (FaultKind.RareEvents, 4), (FaultKind.Lag, 2)];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(2);
}
