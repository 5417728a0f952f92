using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>
/// An operator promotes a replica that lacks what another standby had confirmed, and puts that right later. There is one process, so that what was acknowledged at all
/// was acknowledged to it, and it can refuse to follow.
/// </summary>
internal sealed class LackingPromotions : World
{
    public override IReadOnlyList<string> Regions => [Virginia];

    public override int Shards => 1;

    public override Workload Workload { get; } = new()
    {
        Durabilities = [(WriteDurability.RemoteFlush, 90), (WriteDurability.RemoteApply, 10)],
        GivingUp = 0,
        ShortDeadlines = 0,
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults => [(FaultKind.PromoteLacking, 4), (FaultKind.Lag, 2), (FaultKind.RareEvents, 1)];

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("us", Virginia).AddNode("us-2", Virginia).AddNode("eu", Ireland).AddNode("west", Oregon)
            .Holds("one")
            .Synchronous(1, "us", "us-2", "eu", "west"));
}
