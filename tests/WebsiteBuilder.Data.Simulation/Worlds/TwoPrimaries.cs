using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Old primaries go on beside new ones, and two are promoted at once.</summary>
internal sealed class TwoPrimaries : World
{
    public override bool MayForgetBranches => true;

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.PromoteBesideOld, 3), (FaultKind.Twins, 3), (FaultKind.Lag, 3), (FaultKind.StopReceiving, 1), (FaultKind.IsolateRegion, 1), (FaultKind.Cut, 1),
        (FaultKind.PauseReplay, 1),
    ];

    /// <summary>Twins stop all writes until one of them yields.</summary>
    public override TimeSpan LongestFault => TimeSpan.FromSeconds(2.5);
}
