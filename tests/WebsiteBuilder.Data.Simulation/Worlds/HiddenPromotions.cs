using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>A process hears of a promotion from a replica, and can't reach the new primary; then the old one comes back.</summary>
internal sealed class HiddenPromotions : World
{
    /// <summary>A second promotion may follow before anybody has named the history of the first.</summary>
    public override bool MayForgetBranches => true;

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults => [(FaultKind.PromoteHidden, 4), (FaultKind.Lag, 2), (FaultKind.RareEvents, 1)];
}
