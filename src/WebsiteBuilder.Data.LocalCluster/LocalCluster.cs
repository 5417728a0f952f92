namespace WebsiteBuilder.Data.Clusters;

/// <summary>
/// Real PostgreSQL servers on this machine that behave like clusters spread over the regions of the world: with the published latencies
/// between regions, streaming replication, and faults at the push of a button; and Redis servers, if asked for. For development, samples
/// and tests on Linux.
/// </summary>
/// <remarks>
/// <para>Everything listens on 127.0.0.1 only, with passwords made for this cluster; everything it writes is in one directory.
/// Servers are durable (<c>fsync</c>, <c>full_page_writes</c> and <c>synchronous_commit</c> are on), unless the directory is in memory and
/// the machine stops.</para>
/// <para>Disposing takes everything down. So does the end of this process, whatever ends it: a supervisor process notices and leaves
/// neither processes nor files behind. Thread-safe.</para>
/// </remarks>
public sealed class LocalCluster : IAsyncDisposable
{
    private readonly ClusterContext _context;

    private LocalCluster(ClusterContext context, ClusterTopology topology)
    {
        _context = context;
        Clusters = [.. topology.Clusters.Select(definition => new PostgresCluster(context, definition))];
        Nodes = [.. Clusters.SelectMany(cluster => cluster.Nodes)];
        Redis = new LocalRedis(context);
        Operator = new LocalOperator(this);
    }

    /// <summary>The clusters, as the topology lists them.</summary>
    public IReadOnlyList<PostgresCluster> Clusters { get; }

    /// <summary>The nodes of all clusters.</summary>
    public IReadOnlyList<LocalNode> Nodes { get; }

    /// <summary>The Redis servers that <see cref="LocalClusterOptions.Redis"/> asked for.</summary>
    public LocalRedis Redis { get; }

    /// <summary>
    /// Does for a <see cref="FailoverCoordinator"/> what takes a host: stops, rewinds (by <c>pg_rewind</c>) and starts nodes, and turns replication links. Whom the
    /// coordinator promoted is <see cref="PostgresCluster.Primary"/> once a node is told to follow it.
    /// </summary>
    public INodeOperator Operator { get; }

    /// <summary>The steps of the start in their order, and how long each took.</summary>
    public IReadOnlyList<StepTiming> Timings { get; private set; } = [];

    /// <summary>Where everything is, logs included; it exists as long as the cluster.</summary>
    public string DirectoryPath => _context.Supervisor.Directory;

    /// <summary>The process that owns all servers.</summary>
    public int SupervisorProcessId => _context.Supervisor.ProcessId;

    /// <summary>The cluster of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public PostgresCluster this[string cluster] =>
        Clusters.FirstOrDefault(candidate => candidate.Name == cluster) ?? throw new KeyNotFoundException($"There is no cluster '{cluster}'.");

    /// <summary>Starts a cluster and waits until every replica streams.</summary>
    /// <param name="topology">Which nodes, such as <see cref="ClusterTopology.Seeds"/>.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; what was started is taken down again.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the latency between a primary and its replica is unknown.</exception>
    /// <exception cref="LocalClusterException">PostgreSQL is not installed, or a server did not start in time; the message quotes its log.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static async Task<LocalCluster> StartAsync(
        ClusterTopology topology, LocalClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var settings = LocalClusterOptions.Validated(options ?? new LocalClusterOptions());
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("A local cluster needs Linux.");

        var links = new LinkMap(settings);
        Supervisor? supervisor = null;
        try
        {
            // An unknown region must not cost a start.
            foreach (var cluster in topology.Clusters)
            {
                foreach (var region in cluster.Replicas)
                    links.Trip(region, cluster.Primary);
            }

            var clock = new StepClock(settings.Progress);
            await clock.MeasureAsync("Look for servers", () =>
                new ServerInstaller(settings.InstallMissingServers, clock.Announce)
                    .EnsureAsync(Needed(settings), cancellationToken)).ConfigureAwait(false);

            supervisor = await clock.MeasureAsync("Start the supervisor", () => Supervisor.StartAsync(
                BaseDirectories.Choose(settings.BaseDirectory, topology.Clusters.Sum(cluster => 1 + cluster.Replicas.Count)),
                ServerUser.Group,
                cancellationToken)).ConfigureAwait(false);
            await clock.MeasureAsync("Sweep after crashed clusters", () =>
                supervisor.SweepAsync(BaseDirectories.All(settings.BaseDirectory), cancellationToken)).ConfigureAwait(false);

            var started = new LocalCluster(
                new ClusterContext(settings, supervisor, links, new FreePorts(), new Credentials()), topology);
            await started.BootAsync(clock, cancellationToken).ConfigureAwait(false);
            return started;
        }
        catch
        {
            links.Dispose();
            if (supervisor is not null) await supervisor.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The node of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public LocalNode Node(string name) =>
        Nodes.FirstOrDefault(node => node.Name == name) ?? throw new KeyNotFoundException($"There is no node '{name}'.");

    /// <summary>
    /// Settings for a client that runs in a region: each cluster is a shard with the cluster's name, which is also its territory, and a
    /// number that counts from 0 in the topology's order; each node is reached through its link from that region, and through its pooler if
    /// it has one (<see cref="LocalClusterOptions.Pooler"/>).
    /// </summary>
    public DataOptions CreateDataOptions(RegionId localRegion)
    {
        var options = new DataOptions { LocalRegion = localRegion.ToString() };
        foreach (var cluster in Clusters)
        {
            var shard = new ShardOptions { Number = options.Shards.Count, Name = cluster.Name, Territories = { cluster.Name } };
            foreach (var node in cluster.Nodes)
            {
                var pooled = node.PoolerPort is not null;
                shard.Endpoints.Add(new EndpointOptions
                {
                    Name = node.Name,
                    Region = node.Region.ToString(),
                    ConnectionString = pooled ? node.PooledConnectionString(localRegion) : node.ConnectionString(localRegion),
                    Pooler = _context.Options.Pooler,
                    DirectConnectionString = pooled ? node.ConnectionString(localRegion) : "",
                });
            }

            options.Shards.Add(shard);
        }

        return options;
    }

    /// <summary>
    /// Settings of a coordinator that runs in a region, for one cluster: all its nodes are counted standbys, in the topology's order, and checks are quick, a second from
    /// death to promotion. Needs <see cref="Operator"/>, and <see cref="PostgresCluster.GrantCoordinatorAsync"/>.
    /// </summary>
    /// <param name="from">The region, whose links the coordinator's connections go over.</param>
    /// <param name="cluster">The cluster's name.</param>
    /// <param name="requiredAcknowledgements">How many standbys must have a write: give <see cref="LocalNode.SetSynchronousStandbysAsync"/> on the primary the same <c>ANY k</c> of all others.</param>
    /// <exception cref="KeyNotFoundException">There is no such cluster.</exception>
    public FailoverOptions CreateFailoverOptions(RegionId from, string cluster, int requiredAcknowledgements)
    {
        var options = new FailoverOptions { Shard = cluster, RequiredAcknowledgements = requiredAcknowledgements, LeaseTime = TimeSpan.FromSeconds(5) };
        options.HealthCheck.Interval = TimeSpan.FromMilliseconds(500);
        options.HealthCheck.RecheckInterval = TimeSpan.FromMilliseconds(200);
        options.HealthCheck.Timeout = TimeSpan.FromSeconds(2);
        options.Recovery.ReconnectionDelay = TimeSpan.FromMilliseconds(500);
        foreach (var node in this[cluster].Nodes)
        {
            options.Members.Add(new FailoverMemberOptions
            {
                Name = node.Name,
                StandbyName = node.ApplicationName,
                ConnectionString = node.CoordinatorConnectionString(from),
            });
        }

        return options;
    }

    /// <summary>
    /// Does a drill: foretells what would happen if a region went now (<see cref="DataDrill"/>), kills all its nodes at once while rows are written to every shard, waits until it is seen what becomes
    /// of the shards, and brings the nodes back.
    /// </summary>
    /// <param name="from">Where the coordinators and whoever foretells are: not the region itself.</param>
    /// <param name="region">The region that goes.</param>
    /// <param name="watch">How long to watch before; see <see cref="DataDrill.PredictAsync"/>.</param>
    /// <param name="sessions">Tokens of sessions to tell the fate of.</param>
    /// <param name="cancellationToken">Gives up; nodes that are down stay so.</param>
    /// <remarks>
    /// Each shard whose commits wait for standbys (<see cref="LocalNode.SetSynchronousStandbysAsync"/>, <c>ANY k</c> of all others) gets a coordinator for as long as the drill takes, and needs
    /// <see cref="PostgresCluster.GrantCoordinatorAsync"/>. On the others nobody is promoted. The primaries afterwards are <see cref="PostgresCluster.Primary"/>; a table <c>wbd_drill</c> comes and goes.
    /// </remarks>
    /// <exception cref="ArgumentException">The two regions are one.</exception>
    /// <exception cref="LocalClusterException">A node didn't come back in time.</exception>
    public Task<DrillOutcome> DrillAsync(
        RegionId from, RegionId region, TimeSpan? watch = null, IReadOnlyCollection<SessionToken>? sessions = null, CancellationToken cancellationToken = default) => from == region
            ? throw new ArgumentException("Whoever watches must be somewhere else.", nameof(from))
            : new LocalDrill(this, from, region, _context.Options.StepTimeout).RunAsync(watch, sessions, cancellationToken);

    /// <summary>The link between the clients of a region and a node; the same one for every call.</summary>
    /// <exception cref="ArgumentException">The latency table does not know the pair, and <see cref="LocalClusterOptions.UnknownRoundTrip"/> is null.</exception>
    public NetworkLink Link(RegionId from, LocalNode to)
    {
        ArgumentNullException.ThrowIfNull(to);
        return _context.Links.Client(from, to);
    }

    /// <summary>The link that a replica streams over, whatever its upstream is at the moment.</summary>
    /// <exception cref="InvalidOperationException">The node has never been a replica.</exception>
    public NetworkLink ReplicationLink(LocalNode replica)
    {
        ArgumentNullException.ThrowIfNull(replica);
        return replica.Upstream == replica
            ? throw new InvalidOperationException($"{replica.Name} has never been a replica.")
            : _context.Links.Replication(replica);
    }

    /// <summary>Takes every server down at once and removes the directory; waits until both are gone.</summary>
    public async ValueTask DisposeAsync()
    {
        // The servers first: links that went away would only make them log errors.
        await _context.Supervisor.DisposeAsync().ConfigureAwait(false);
        _context.Links.Dispose();
    }

    // PostgreSQL's package also brings the account that the servers run as.
    private static List<ServerKind> Needed(LocalClusterOptions settings)
    {
        List<ServerKind> kinds = [ServerKind.PostgreSql(settings.PostgresBinDirectory)];
        if (settings.Pooler != ConnectionPooler.None) kinds.Add(ServerKind.PgBouncer);
        if (settings.Redis.IsWanted) kinds.Add(ServerKind.Redis);
        return kinds;
    }

    private async Task BootAsync(StepClock clock, CancellationToken cancellationToken)
    {
        ClusterBootstrap[] boots = [.. Clusters.Select(cluster => new ClusterBootstrap(_context, cluster))];
        Task EachAsync(Func<ClusterBootstrap, Task> step) => Task.WhenAll(boots.Select(step));

        await clock.MeasureAsync("Initialize primaries", async () =>
        {
            await ClusterBootstrap.WritePasswordsAsync(_context, cancellationToken).ConfigureAwait(false);
            await EachAsync(boot => boot.InitializeAsync(cancellationToken)).ConfigureAwait(false);
        }).ConfigureAwait(false);
        await clock.MeasureAsync("Create roles and databases", () => EachAsync(boot => boot.PrepareAsync(cancellationToken))).ConfigureAwait(false);
        await clock.MeasureAsync("Copy replicas", () => EachAsync(boot => boot.CopyAsync(cancellationToken))).ConfigureAwait(false);
        await clock.MeasureAsync("Start servers", () => EachAsync(boot => boot.StartAsync(cancellationToken))).ConfigureAwait(false);
        if (_context.Options.Pooler != ConnectionPooler.None)
            await clock.MeasureAsync("Start poolers", () => EachAsync(boot => boot.StartPoolersAsync(cancellationToken))).ConfigureAwait(false);
        await clock.MeasureAsync("Wait for streaming", () => EachAsync(boot => boot.ConnectAsync(cancellationToken))).ConfigureAwait(false);
        if (_context.Options.Redis.IsWanted)
            await clock.MeasureAsync("Start Redis", () => Redis.BootAsync(cancellationToken)).ConfigureAwait(false);
        Timings = clock.Timings;
    }
}
