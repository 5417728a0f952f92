using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>Two are promoted at once, again and again, and all nodes can be reached, so that sessions are told of losses again and again.</summary>
internal sealed class YieldingTwins : World
{
    public override bool MayForgetBranches => true;

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults => [(FaultKind.Twins, 5), (FaultKind.Lag, 2)];

    public override TimeSpan? TwinsAreNoticedWithin => TimeSpan.FromSeconds(2);

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(4);
}
