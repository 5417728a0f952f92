using System.Collections.Concurrent;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Poolers;
using WebsiteBuilder.Data.Conformance.Sessions;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>
/// Five nodes in three regions of which any two standbys acknowledge, a coordinator in a fourth region, and three client processes that connect as the application
/// does. It survives the loss of any one region, and is mended after each round.
/// </summary>
internal sealed class ChaosWorld : IAsyncDisposable, IProgress<FailoverRecord>
{
    public const int Keys = 64;

    public const int Required = 2;

    /// <summary>A tenth of the published distances: trips still cost more than the machine's own work.</summary>
    private const double LatencyScale = 0.1;

    private static readonly RegionId[] Regions = [RegionId.Parse("us-east-1"), RegionId.Parse("us-west-2"), RegionId.Parse("sa-east-1")];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    private readonly ConcurrentQueue<(TimeSpan At, FailoverRecord Record)> _audit = new();
    private readonly TimeSpan? _idleReset;
    private FailoverCoordinator? _coordinator;

    private ChaosWorld(LocalCluster local, TimeSpan? idleReset)
    {
        Local = local;
        _idleReset = idleReset;
    }

    /// <summary>Where the coordinator is: nobody else's links are its own.</summary>
    public static RegionId Watch { get; } = RegionId.Parse("eu-west-1");

    public ArrivalClock Clock { get; } = new();

    public LocalCluster Local { get; }

    public PostgresCluster Shard => Local.Clusters[0];

    public LocalNode Primary => Shard.Primary;

    public IReadOnlyList<DataClient> Clients { get; private set; } = [];

    /// <summary>What the coordinator logged, errors that it goes on after included.</summary>
    public ListLogger Log { get; } = new();

    /// <summary>What the coordinator said since a moment.</summary>
    public IEnumerable<(TimeSpan At, FailoverRecord Record)> Since(TimeSpan moment) => _audit.Where(said => said.At >= moment);

    public void Report(FailoverRecord value) => _audit.Enqueue((Clock.Now, value));

    /// <param name="pooler">What stands before each node.</param>
    /// <param name="idleReset">After which time without a byte the clients' connections are reset; null for never.</param>
    public static async Task<ChaosWorld> StartAsync(ConnectionPooler pooler = ConnectionPooler.None, TimeSpan? idleReset = null)
    {
        var options = new LocalClusterOptions { InstallMissingServers = true, LatencyScale = LatencyScale, Pooler = pooler };

        // A standby hears that a frozen primary says nothing no sooner than this.
        options.PostgresSettings["wal_receiver_timeout"] = "1500ms";
        options.PostgresSettings["wal_sender_timeout"] = "1500ms";
        var world = new ChaosWorld(
            await LocalCluster.StartAsync(
                ClusterTopology.Create(static topology => topology.Cluster(ChaosRow.Shard, primary: "us-east-1", replicas: ["us-east-1", "us-west-2", "us-west-2", "sa-east-1"])), options),
            idleReset);
        try
        {
            await world.PrepareAsync();
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts the same rows at the beginning of every round, known to all replicas, and waits until clients think well of all nodes.</summary>
    public async Task ResetAsync()
    {
        await Sql.ExecuteAsync(
            Primary.DirectConnectionString(),
            $"TRUNCATE chaos; TRUNCATE chaos_log; INSERT INTO chaos SELECT id, 0, 1 FROM generate_series(0, {Keys - 1}) AS id");
        await MendedAsync();
        if (_idleReset is { } idle)
        {
            foreach (var region in Regions)
            {
                foreach (var node in Shard.Nodes)
                {
                    Local.Link(region, node).ResetConnectionsAfter(idle);
                }
            }
        }
    }

    /// <summary>Waits until one is primary, all others follow it and have what it has, and every client knows that.</summary>
    public async Task MendedAsync()
    {
        await Eventually.TrueAsync(IsMendedAsync, Patience, () => $"all follow one primary; {this}");
        await Eventually.TrueAsync(
            () => Task.FromResult(Clients.All(static client => client.Topology.Shards[0] is { State: ShardState.Writable } shard
                && shard.Endpoints.All(static endpoint => endpoint is { Health: EndpointHealth.Healthy, Role: EndpointRole.Primary or EndpointRole.Replica }))),
            Patience,
            () => $"clients think well of all nodes; {string.Join("; ", Clients.Select(Describe))}; {this}");
    }

    /// <summary>Waits until the coordinator has promoted somebody.</summary>
    public async Task<TimeSpan> PromotedAsync(TimeSpan since)
    {
        await Eventually.TrueAsync(() => Task.FromResult(Since(since).Any(IsPromotion)), Patience, () => $"somebody is promoted; {this}");
        return Since(since).First(IsPromotion).At;

        static bool IsPromotion((TimeSpan At, FailoverRecord Record) said) => said.Record.Step == FailoverStep.Promoted;
    }

    public IEnumerable<RegionId> ClientRegions => Regions;

    /// <summary>
    /// Whether the coordinator attaches nobody before it sees more nodes, as docs/failover.md has it: it was broken off after a promotion, which takes a machine that lets it wait for longer than its timeouts.
    /// </summary>
    public bool IsUnclear(TimeSpan since) =>
        Since(since).Any(static said => said.Record.Step == FailoverStep.Failed && said.Record.Detail.Contains(nameof(FailoverRefusal.PromotionUnclear), StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
        {
            await client.DisposeAsync();
        }

        if (_coordinator is not null)
        {
            await _coordinator.DisposeAsync();
        }

        await Local.DisposeAsync();
    }

    /// <summary>The last that the coordinator said.</summary>
    public override string ToString() => string.Join("; ", _audit.TakeLast(25).Select(static said =>
        $"{said.At.TotalSeconds:0.000} {said.Record.Step} {said.Record.Node} {(said.Record.Refusal == FailoverRefusal.None ? "" : said.Record.Refusal)} {said.Record.Detail}"))
        + string.Concat(Log.Lines.Where(static line => line.Contains("unexpectedly", StringComparison.Ordinal)).Distinct());

    private async Task PrepareAsync()
    {
        await DataClient.MigrateAsync(Options(Regions[0]));
        await Sql.ExecuteAsync(Primary.DirectConnectionString(), ChaosRow.Schema);
        await Shard.GrantCoordinatorAsync();
        await Primary.SetSynchronousStandbysAsync($"ANY {Required} ({string.Join(", ", Shard.Replicas.Select(static node => node.ApplicationName))})");
        Clients = [.. Regions.Select(region => DataClient.Create(Options(region), static entities => entities.Add(ChaosRow.Map), time: Clock))];
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        foreach (var client in Clients)
        {
            await client.WaitUntilReadyAsync(patience.Token);
        }

        var failover = Local.CreateFailoverOptions(Watch, Shard.Name, Required);
        failover.HealthCheck.Timeout = TimeSpan.FromMilliseconds(1_500);
        failover.HealthCheck.Failures = 2;
        _coordinator = FailoverCoordinator.Create(Local.CreateDataOptions(Watch), failover, Local.Operator, audit: this, loggers: Log);
        _coordinator.Start();
        await Eventually.TrueAsync(
            () => Shard.Replicas.All(node => _audit.Any(said => said.Record.Step == FailoverStep.Prepared && said.Record.Node == node.Name)), Patience, $"standbys are prepared; {this}");
    }

    private static string Describe(DataClient client) =>
        $"{client.LocalRegion}: {client.Topology.Shards[0].State}, {string.Join(", ", client.Topology.Shards[0].Endpoints.Select(static endpoint => $"{endpoint.Name} {endpoint.Role} {endpoint.Health}"))}";

    private DataOptions Options(RegionId region)
    {
        var options = Local.CreateDataOptions(region);
        options.Routing.LatencyWindow = TimeSpan.FromMilliseconds(15 * LatencyScale);
        options.Routing.AttemptTimeout = TimeSpan.FromSeconds(1);
        options.Health.ProbeInterval = TimeSpan.FromSeconds(1);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
        options.Health.ProbeTimeout = TimeSpan.FromSeconds(1);

        // A node that is struck in nearly every round would be held back for a minute, and each round begins with all of them.
        options.Health.LongestHold = TimeSpan.FromSeconds(10);
        options.Health.PositionSampleInterval = TimeSpan.FromMilliseconds(100);
        return options;
    }

    private async Task<bool> IsMendedAsync()
    {
        var primary = Primary;
        return Shard.Nodes.All(static node => node is { IsRunning: true, IsIsolated: false })
            && await Sql.ScalarAsync<bool>(
                primary.AdminConnectionString(),
                $"""
                 SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'
                    AND (SELECT count(*) = {Shard.Nodes.Count - 1} FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_flush_lsn() - 65536::numeric)
                 """);
    }
}
