using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>The coordinators of a world, each a process of its own.</summary>
internal sealed class Coordination
{
    private readonly List<(FailoverCoordinator Coordinator, ProcessPause Process)> _all = [];

    public Coordination(Stage stage)
    {
        foreach (var (shard, region) in stage.World.Coordinators)
        {
            var simulated = stage.Cluster.Shards[shard];
            var process = stage.Cluster.NewProcess();
            _all.Add((stage.Cluster.CreateCoordinator(simulated.Name, RegionId.Parse(region), PolicyOf(simulated), process), process));
        }
    }

    public IReadOnlyList<ProcessPause> Processes => [.. _all.Select(static one => one.Process)];

    public void Start() => _all.ForEach(static one => one.Coordinator.Start());

    public IEnumerable<Task> Stop() => _all.Select(static one => one.Coordinator.DisposeAsync().AsTask());

    private static FailoverPolicy PolicyOf(SimulatedShard shard) => new(
        shard.Name, [.. shard.Nodes.Select(static node => new Member(node.Name, node.Region, node.Name, "", Counts: true))], shard.Confirmation.Standbys.Required!.Value)
    {
        CheckInterval = TimeSpan.FromMilliseconds(800),
        RecheckInterval = TimeSpan.FromMilliseconds(250),
        CheckTimeout = TimeSpan.FromSeconds(1),
        FailuresToAct = 2,
        SuccessesToReturn = 1,
        LeaseTime = TimeSpan.FromSeconds(3),
        AutoPromote = true,
        AutoRejoin = true,
        PromotionTimeout = TimeSpan.FromSeconds(5),
        ReconnectionTries = 5,
        ReconnectionDelay = TimeSpan.FromMilliseconds(500),
    };
}
