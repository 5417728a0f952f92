using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>The coordinators of a world, each a process of its own.</summary>
internal sealed class Coordination
{
    private readonly List<(FailoverCoordinator Coordinator, CoordinatorProcess Process)> _all = [];

    public Coordination(Stage stage)
    {
        foreach (var (shard, region) in stage.World.Coordinators)
        {
            var simulated = stage.Cluster.Shards[shard];
            var process = new CoordinatorProcess(stage, stage.Cluster.NewProcess());
            _all.Add((stage.Cluster.CreateCoordinator(simulated.Name, RegionId.Parse(region), PolicyOf(simulated), process.Pause, process), process));
        }
    }

    public IReadOnlyList<CoordinatorProcess> Processes => [.. _all.Select(static one => one.Process)];

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

/// <summary>One coordinator's process, which stands still when it is told to: at once, or when it has just done something.</summary>
internal sealed class CoordinatorProcess(Stage stage, ProcessPause pause) : IProgress<FailoverRecord>
{
    private static readonly FailoverStep[] Steps =
        [FailoverStep.LeaseTaken, FailoverStep.Detached, FailoverStep.Chosen, FailoverStep.Promoted, FailoverStep.Attached, FailoverStep.Fenced];

    private (FailoverStep After, TimeSpan Lasts)? _armed;

    public ProcessPause Pause => pause;

    /// <summary>Lets it stand still.</summary>
    /// <param name="when">From 0 to 1: at once for a small number, else after one of its steps.</param>
    /// <param name="lasts">For how long.</param>
    public void StandStill(double when, TimeSpan lasts)
    {
        var step = (int)(when * 2 * Steps.Length) - Steps.Length;
        if (step < 0)
        {
            Stop(lasts);
        }
        else
        {
            _armed = (Steps[step], lasts);
        }
    }

    /// <summary>Goes on, and is told nothing more.</summary>
    public void Heal()
    {
        _armed = null;
        pause.Resume();
    }

    public void Report(FailoverRecord value)
    {
        if (_armed is { } armed && armed.After == value.Step)
        {
            _armed = null;
            Stop(armed.Lasts);
        }
    }

    private void Stop(TimeSpan lasts)
    {
        pause.Pause();
        stage.At(stage.Now + lasts, pause.Resume);
    }
}
