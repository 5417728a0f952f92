using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Testing;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Tests.Failover;

/// <summary>Whole failovers in virtual time, with coordinators that stand still at chosen moments.</summary>
public sealed class SimulatedCoordinatorTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedShard _shard;

    public SimulatedCoordinatorTests()
    {
        _cluster = SimulatedCluster.OnOneThread(_time, seed: 5)
            .AddShard("emea", static shard => shard.AddNode("a", "eu-west-1").AddNode("b", "eu-west-2").AddNode("c", "eu-west-3").Holds("emea").Synchronous(1, "a", "b", "c"));
        _shard = _cluster["emea"];
    }

    [Theory]
    [InlineData(FailoverStep.LeaseTaken)]
    [InlineData(FailoverStep.Detached)]
    [InlineData(FailoverStep.Chosen)]
    [InlineData(FailoverStep.Promoted)]
    [InlineData(FailoverStep.Attached)]
    public void A_coordinator_that_stands_still_after_any_step_is_replaced_and_does_nothing_more_when_it_goes_on(FailoverStep step)
    {
        var (first, second) = (Coordinate("eu-west-2"), Coordinate("eu-west-3"));
        first.Audit.StopAfter = step;
        Start(first.Coordinator);
        _time.Advance(TimeSpan.FromSeconds(3));
        _shard["a"].Kill();
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(first.Process.IsPaused);

        Start(second.Coordinator);
        _time.Advance(TimeSpan.FromSeconds(20));
        var primary = Assert.Single(_shard.Nodes, static node => node is { IsPrimary: true, IsUp: true });
        var branches = _shard.Branches.Count;
        Assert.Equal(2, branches);
        first.Process.Resume();
        _time.Advance(TimeSpan.FromSeconds(20));

        Assert.Same(primary, Assert.Single(_shard.Nodes, static node => node is { IsPrimary: true, IsUp: true }));
        Assert.Equal(branches, _shard.Branches.Count);
        Assert.Same(primary, Assert.Single(_shard.Nodes, static node => node is { IsPrimary: false, IsUp: true }).Source);

        _shard["a"].Restart();
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.All(_shard.Nodes.Where(node => node != primary), node => Assert.Same(primary, node.Source));
        Assert.Equal(1, first.Audit.Count(FailoverStep.Promoted) + second.Audit.Count(FailoverStep.Promoted));
        Stop(first.Coordinator, second.Coordinator);
    }

    [Fact]
    public void A_primary_that_standbys_still_hear_is_not_replaced_by_a_coordinator_that_is_cut_off_from_it()
    {
        var (coordinator, audit, _) = Coordinate("us-east-1");
        Start(coordinator);
        _time.Advance(TimeSpan.FromSeconds(3));
        _cluster.Network.CutBoth("us-east-1", "eu-west-1");
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Contains(audit.Records, static record => record.Refusal == FailoverRefusal.PrimaryIsHeard);
        Assert.Single(_shard.Branches);
        Assert.Equal(0, audit.Count(FailoverStep.Detached));
        Assert.Single(audit.Records, static record => record.Step == FailoverStep.Refused);
        Stop(coordinator);
    }

    [Fact]
    public void A_rule_that_isn_t_the_settings_forbids_promotions_until_it_is_right_again()
    {
        var (coordinator, audit, _) = Coordinate("eu-west-2");
        _shard.Synchronous(2, "a", "b", "c");
        Start(coordinator);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Contains(audit.Records, static record => record.Refusal == FailoverRefusal.RuleDiffers);
        _shard["a"].Kill();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, audit.Count(FailoverStep.Promoted));

        _shard["a"].Restart();
        _shard.Synchronous(1, "a", "b", "c");
        _time.Advance(TimeSpan.FromSeconds(10));
        _shard["a"].Kill();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1, audit.Count(FailoverStep.Promoted));
        Stop(coordinator);
    }

    [Fact]
    public void Metrics_raise_alarms_and_promote_nobody_and_the_standby_without_one_is_preferred()
    {
        var metrics = new Usage { ["a"] = new NodeUsage(Cpu: 99, Memory: 99, Disk: 99), ["b"] = new NodeUsage(Disk: 90) };
        var (coordinator, audit, _) = Coordinate("eu-west-2", metrics);
        Start(coordinator);
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Single(_shard.Branches);
        Assert.Equal(
            [FailoverTrigger.Cpu, FailoverTrigger.Memory, FailoverTrigger.Disk],
            Assert.Single(audit.Records, static record => record is { Step: FailoverStep.TriggersChanged, Node: "a" }).Triggers);
        metrics["a"] = new NodeUsage(Cpu: 10);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(audit.Records.Last(static record => record is { Step: FailoverStep.TriggersChanged, Node: "a" }).Triggers);

        _shard["a"].Kill();
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("c", audit.Records.Single(static record => record.Step == FailoverStep.Promoted).Node);
        Stop(coordinator);
    }

    [Fact]
    public void A_standby_that_stays_behind_raises_an_alarm_when_it_is_proven_to_be_older_than_allowed()
    {
        var (coordinator, audit, _) = Coordinate("eu-west-2");
        Start(coordinator);
        _time.Advance(TimeSpan.FromSeconds(3));
        _shard["c"].PauseReplay();
        _shard.SwitchOver("b");
        _time.Advance(TimeSpan.FromSeconds(25));
        Assert.DoesNotContain(audit.Records, static record => record.Triggers.Contains(FailoverTrigger.ReplicationLag));
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.Contains(audit.Records, static record => record.Node == "c" && record.Triggers.SequenceEqual([FailoverTrigger.ReplicationLag]));
        Stop(coordinator);
    }

    private (FailoverCoordinator Coordinator, Told Audit, ProcessPause Process) Coordinate(string region, INodeMetrics? metrics = null)
    {
        var process = _cluster.NewProcess();
        var audit = new Told(process);
        var policy = new FailoverPolicy("emea", [.. _shard.Nodes.Select(static node => new Member(node.Name, node.Region, node.Name, "", Counts: true))], 1)
        {
            CheckInterval = TimeSpan.FromSeconds(1),
            RecheckInterval = TimeSpan.FromMilliseconds(500),
            CheckTimeout = TimeSpan.FromSeconds(1),
            FailuresToAct = 3,
            SuccessesToReturn = 2,
            LeaseTime = TimeSpan.FromSeconds(3),
            AutoPromote = true,
            AutoRejoin = true,
            PromotionTimeout = TimeSpan.FromSeconds(30),
            ReconnectionTries = 10,
            ReconnectionDelay = TimeSpan.FromSeconds(1),
        };
        return (_cluster.CreateCoordinator("emea", RegionId.Parse(region), policy, process, audit, metrics), audit, process);
    }

    private void Start(FailoverCoordinator coordinator) => Begin(() =>
    {
        coordinator.Start();
        return Task.CompletedTask;
    });

    /// <summary>As an event of the clock: all that follows is, too.</summary>
    private void Begin(Func<Task> work) => _time.CreateTimer(static state => _ = ((Func<Task>)state!)(), work, TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    private void Stop(params FailoverCoordinator[] coordinators)
    {
        Begin(() => Task.WhenAll(coordinators.Select(static one => one.DisposeAsync().AsTask())));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, _time.TimerCount);
    }

    private sealed class Told(ProcessPause process) : IProgress<FailoverRecord>
    {
        public List<FailoverRecord> Records { get; } = [];

        public FailoverStep StopAfter { get; set; }

        public int Count(FailoverStep step) => Records.Count(record => record.Step == step);

        public void Report(FailoverRecord value)
        {
            Records.Add(value);
            if (value.Step == StopAfter)
            {
                StopAfter = FailoverStep.Unspecified;
                process.Pause();
            }
        }
    }

    private sealed class Usage : Dictionary<string, NodeUsage>, INodeMetrics
    {
        public ValueTask<NodeUsage?> ReadAsync(string shard, string node, CancellationToken cancellationToken = default) => ValueTask.FromResult(this.GetValueOrDefault(node));
    }
}
