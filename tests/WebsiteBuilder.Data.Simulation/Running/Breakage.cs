using WebsiteBuilder.Data.Simulation.Judges;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Lets faults happen and end. What is impossible at its time, because of other faults, doesn't happen.</summary>
internal sealed class Breakage(Stage stage)
{
    private static readonly SimulatedFault[] Errors =
    [
        SimulatedFault.Unknown, SimulatedFault.Unreachable, SimulatedFault.Interrupted, SimulatedFault.AnswerLost, SimulatedFault.Timeout,
        SimulatedFault.Throttled, SimulatedFault.WrongRole, SimulatedFault.Serialization, SimulatedFault.ReplayConflict, SimulatedFault.Crash,
    ];

    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(120);

    private readonly SortedDictionary<FaultKind, int> _happened = [];
    private readonly List<Twins> _twins = [];
    private readonly List<Ailment> _ailments = [];
    private readonly StagedPromotions _staged = new(stage);

    /// <summary>How often each kind of fault happened.</summary>
    public IReadOnlyDictionary<FaultKind, int> Happened => _happened;

    /// <summary>When nodes were no good, and how much of it may be felt.</summary>
    public IReadOnlyList<Ailment> Ailments => _ailments;

    /// <summary>When two nodes were primary of one timeline.</summary>
    public IReadOnlyList<Twins> Twins => _twins;

    public void Plan(Script script)
    {
        foreach (var fault in script.Faults)
        {
            stage.At(fault.At, () => Happen(fault));
        }

        stage.At(script.HealedAt, HealAll);
    }

    private void Happen(Fault fault)
    {
        if (Begin(fault) is { } end)
        {
            _happened[fault.Kind] = _happened.GetValueOrDefault(fault.Kind) + 1;
            _ailments.Add(new Ailment(stage.Now, stage.Now + fault.Lasts, MayBeFelt(fault)));
            stage.At(fault.At + fault.Lasts, end);
        }
    }

    /// <summary>Lets a fault happen.</summary>
    /// <returns>What ends it; null if it can't happen now.</returns>
    private Action? Begin(Fault fault)
    {
        var shard = stage.Cluster.Shards[fault.Shard];
        SimulatedNode[] nodes = [.. shard.Nodes.Where(stage.World.MayAil)];
        var node = nodes[fault.Node % nodes.Length];
        return fault.Kind switch
        {
            FaultKind.Kill => Do(node.IsUp, node.Kill, node.Restart),
            FaultKind.KillPrimary => Do(shard.Primary.IsUp, shard.Primary.Kill, Restarted(shard.Primary)),
            FaultKind.PauseCoordinator => Pause(fault),
            FaultKind.Hang => Do(node.IsUp, node.Hang, node.Heal),
            FaultKind.Slow => Do(true, () => node.Latency = TimeSpan.FromMilliseconds(400) * fault.Amount, () => node.Latency = TimeSpan.Zero),
            FaultKind.SlowReads => Do(true, () => node.ReadLatency = TimeSpan.FromMilliseconds(200 + (200 * fault.Amount)), () => node.ReadLatency = TimeSpan.Zero),
            FaultKind.Flap => Flap(node),
            FaultKind.Lag => Do(true, () => node.ReplicationDelay = TimeSpan.FromSeconds(3) * fault.Amount, () => node.ReplicationDelay = TimeSpan.Zero),
            FaultKind.PauseReplay => Do(!node.IsPrimary, node.PauseReplay, node.ResumeReplay),
            FaultKind.StopReceiving => Do(!node.IsPrimary, node.StopReceiving, node.ResumeReceiving),
            FaultKind.HoldReplayPosition => Do(!node.IsPrimary, node.HoldReplayPosition, node.ReleaseReplayPosition),
            FaultKind.ShowEarly => ShowEarly(shard, node, fault),
            FaultKind.CancelWaits => Do(true, () => CancelWaits(shard), static () => { }),
            FaultKind.RareEvents => Do(true, () => node.Odds.SetAll(fault.Amount * 0.3), () => node.Odds.SetAll(0)),
            FaultKind.StoreError => Do(true, () => Fail(node, fault), static () => { }),
            FaultKind.Refuse => Do(true, () => node.FailNext(SimulatedFault.Rejected, SimulatedOperations.Reads, 1 + (fault.Other % 3)), static () => { }),
            FaultKind.Impatience => Do(true, () => stage.Impatience = new Impatience(LongestPatience * fault.Amount, fault.Other), () => stage.Impatience = null),
            FaultKind.JumpClock => Do(true, () => stage.Time.JumpUtcNow(TimeSpan.FromHours((fault.Amount * 48) - 24)), static () => { }),
            FaultKind.SwitchOver or FaultKind.PromoteAfterDeath or FaultKind.PromoteBesideOld or FaultKind.PromoteSafely => Promotions.Begin(shard, fault),
            FaultKind.Twins => Watched(shard, Promotions.Begin(shard, fault)),
            FaultKind.PromoteLacking => _staged.PromoteLacking(shard, fault),
            FaultKind.PromoteHidden => _staged.PromoteHidden(shard, fault),
            FaultKind.PromoteStill => _staged.PromoteStill(shard, fault),
            _ => NetworkTrouble.Begin(stage.Cluster.Network, stage.World.Regions[fault.From], stage.World.Regions[fault.To], fault),
        };
    }

    /// <summary>
    /// What is in flight when a node fails is felt, for each worker once. A slow node must answer some reads before it is known to be slow, and does so again when its hold is over; one that
    /// flaps is held back for longer each time.
    /// </summary>
    private int MayBeFelt(Fault fault) => fault.Kind switch
    {
        FaultKind.Flap => stage.World.Workload.Workers * (3 + (Flapping.TimesIn(fault.Lasts) / 4)),
        FaultKind.Slow => 2 * stage.World.Workload.Workers,
        FaultKind.SlowReads => 40,
        _ => stage.World.Workload.Workers,
    };

    private Action? Flap(SimulatedNode node)
    {
        if (!node.IsUp)
        {
            return null;
        }

        var flapping = new Flapping(stage, node);
        flapping.Begin();
        return flapping.End;
    }

    private static Action? Do(bool possible, Action begin, Action end)
    {
        if (!possible)
        {
            return null;
        }

        begin();
        return end;
    }

    private static Action Restarted(SimulatedNode node) => () =>
    {
        if (!node.IsUp)
        {
            node.Restart();
        }
    };

    private Action? Pause(Fault fault)
    {
        var process = stage.Coordination.Processes[fault.Node % stage.Coordination.Processes.Count];
        return Do(!process.Pause.IsPaused, () => process.StandStill(fault.Amount, fault.Lasts), static () => { });
    }

    /// <summary>Notes the two that were promoted last, and when they cease to be two.</summary>
    private Action? Watched(SimulatedShard shard, Action? end)
    {
        var (begun, one, other) = (stage.Now, shard.Branches.Count - 2, shard.Branches.Count - 1);
        return end is null ? null : () =>
        {
            _twins.Add(new Twins(shard.Number, one, other, begun, stage.Now));
            end();
        };
    }

    private static void Fail(SimulatedNode node, Fault fault)
    {
        var error = Errors[(int)(fault.Amount * Errors.Length)];
        var operations = (fault.Other % 4) switch
        {
            0 => SimulatedOperations.Reads,
            1 => SimulatedOperations.Writes,
            2 => SimulatedOperations.Probes | SimulatedOperations.Samples,
            _ => SimulatedOperations.All,
        };
        node.FailNext(error, operations, 1 + (fault.Node % 5));
    }

    /// <summary>At every node that takes itself for the primary.</summary>
    private static void CancelWaits(SimulatedShard shard)
    {
        foreach (var node in shard.Nodes.Where(static node => node.IsPrimary))
        {
            node.CancelWaits();
        }
    }

    private Action? ShowEarly(SimulatedShard shard, SimulatedNode early, Fault fault)
    {
        if (early.IsPrimary)
        {
            return null;
        }

        SimulatedNode[] replicas = [.. shard.Nodes.Where(static node => !node.IsPrimary)];
        early.HoldReplayPosition();
        foreach (var node in replicas.Where(node => node != early))
        {
            node.PauseReplay();
        }

        if (fault.Amount < 0.5)
        {
            stage.At(fault.At + (fault.Lasts / 2), () => Forget(early));
        }

        return () =>
        {
            early.ReleaseReplayPosition();
            Array.ForEach(replicas, static node => node.ResumeReplay());
        };
    }

    /// <summary>A server that starts shows what it had replayed, and nothing beyond; this one stays there.</summary>
    private static void Forget(SimulatedNode node)
    {
        if (!node.IsPrimary)
        {
            node.PauseReplay();
            node.Restart();
        }
    }

    private void HealAll()
    {
        stage.Impatience = null;
        stage.Cluster.Network.Heal();
        foreach (var shard in stage.Cluster.Shards)
        {
            foreach (var node in shard.Nodes)
            {
                Heal(node);
            }

            if (stage.World.Coordinators.Count == 0)
            {
                Promotions.Settle(shard);
            }
        }

        foreach (var process in stage.Coordination.Processes)
        {
            process.Heal();
        }
    }

    private static void Heal(SimulatedNode node)
    {
        node.Heal();
        node.Reconnect();
        node.ResumeReplay();
        node.ResumeReceiving();
        node.ReleaseReplayPosition();
        node.Latency = TimeSpan.Zero;
        node.ReadLatency = TimeSpan.Zero;
        node.ReplicationDelay = TimeSpan.Zero;
        node.Odds.SetAll(0);
        if (!node.IsUp)
        {
            node.Restart();
        }
    }
}
