using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>
/// Nobody promotes but coordinators, two or three for each shard, which stand still, are cut off, and meet each other; primaries die, hang, are cut off and come back. Most
/// writes wait for standbys: one of two in one shard, two of four in the other.
/// </summary>
internal sealed class Coordinated : World
{
    public override IReadOnlyList<(int Shard, string Region)> Coordinators =>
        [(0, Virginia), (0, Ireland), (1, Virginia), (1, Ireland), (1, Mumbai)];

    public override Workload Workload { get; } = new()
    {
        Keys = 40,
        Durabilities = [(WriteDurability.RemoteFlush, 70), (WriteDurability.RemoteApply, 20), (WriteDurability.Local, 10)],
    };

    public override IReadOnlyList<(FaultKind Kind, int Times)> Faults =>
    [
        (FaultKind.PauseCoordinator, 6), (FaultKind.KillPrimary, 4), (FaultKind.Kill, 2), (FaultKind.Hang, 3), (FaultKind.IsolateRegion, 2), (FaultKind.Cut, 3), (FaultKind.CutOneWay, 2),
        (FaultKind.Reset, 1), (FaultKind.Lag, 5), (FaultKind.StopReceiving, 1),
    ];

    public override TimeSpan LongestFault => TimeSpan.FromSeconds(7);

    public override bool MayForgetBranches => true;

    public override void Build(SimulatedCluster cluster) => cluster
        .UsePublishedRoundTrips()
        .AddShard("one", static shard => shard
            .AddNode("one-us", Virginia).AddNode("one-eu", Ireland).AddNode("one-ap", Mumbai)
            .Holds("one")
            .Synchronous(1, "one-us", "one-eu", "one-ap"))
        .AddShard("two", static shard => shard
            .AddNode("two-us", Virginia).AddNode("two-us-2", Virginia).AddNode("two-eu", Ireland).AddNode("two-eu-2", Ireland).AddNode("two-ap", Mumbai)
            .Holds("two")
            .Synchronous(2, "two-us", "two-us-2", "two-eu", "two-eu-2", "two-ap"));
}
