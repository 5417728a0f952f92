using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>One PostgreSQL server of a <see cref="PostgresCluster"/>, with the faults that can be put upon it.</summary>
/// <remarks>
/// Verbs wait until what they say is true. Use one verb at a time per node; different nodes are independent. Each verb fails with a
/// <see cref="LocalClusterException"/> that quotes the server's log when its goal isn't reached within
/// <see cref="LocalClusterOptions.StepTimeout"/>, and with the driver's exception when SQL that it needs fails.
/// </remarks>
public sealed partial class LocalNode
{
    private readonly ClusterContext _context;
    private readonly PostgresServer _server;
    private readonly PgBouncerServer? _pooler;

    internal LocalNode(ClusterContext context, PostgresCluster cluster, string name, RegionId region, NodeRole role)
    {
        _context = context;
        _server = new PostgresServer(context, name);
        _pooler = context.Options.Pooler == ConnectionPooler.None ? null : new PgBouncerServer(context, name);
        Cluster = cluster;
        Name = name;
        Region = region;
        InitialRole = role;
        Upstream = this;
    }

    /// <summary>
    /// Unique in the topology: <c>{cluster}-{region}-primary</c> for the first primary, <c>{cluster}-{region}</c> for a replica,
    /// <c>{cluster}-{region}-2</c> and so on for more of them in one region. Also the server's <c>cluster_name</c>. It never changes.
    /// </summary>
    public string Name { get; }

    /// <summary><see cref="Name"/> with underscores for dashes: the replica's <c>application_name</c> and the name of its slot.</summary>
    public string ApplicationName => Name.Replace('-', '_');

    /// <summary>The cluster that the node belongs to.</summary>
    public PostgresCluster Cluster { get; }

    /// <summary>Where the node is.</summary>
    public RegionId Region { get; }

    /// <summary>What the node was at the start; <see cref="PostgresCluster.Primary"/> says who is primary now.</summary>
    public NodeRole InitialRole { get; }

    /// <summary>The server's port on 127.0.0.1; it stays the same over restarts.</summary>
    public int Port => _server.Port;

    /// <summary>
    /// The port on 127.0.0.1 of the pooler before the node; null without one. Faults of the server (stopped, killed, frozen) leave the
    /// pooler running, as they would elsewhere.
    /// </summary>
    public int? PoolerPort => _pooler?.Port;

    /// <summary>True while the server's first process exists, also when it is frozen.</summary>
    public bool IsRunning => _server.IsRunning;

    /// <summary>True between <see cref="IsolateAsync"/> and <see cref="HealAsync"/>.</summary>
    public bool IsIsolated { get; private set; }

    /// <summary>The server's log. Removed with the cluster.</summary>
    public string LogFile => _server.LogFile;

    /// <summary>The node that this one was last told to stream from; itself if it never was.</summary>
    internal LocalNode Upstream { get; set; }

    internal PostgresServer Server => _server;

    /// <summary>How a client in <paramref name="from"/> connects: as the application's role, with the round trip between the regions.</summary>
    /// <remarks>The link is made on first use and stays; see <see cref="LocalCluster.Link"/>.</remarks>
    /// <exception cref="ArgumentException">The latency table does not know the pair, and <see cref="LocalClusterOptions.UnknownRoundTrip"/> is null.</exception>
    public string ConnectionString(RegionId from) =>
        ConnectionString(_context.Links.Client(from, this).Port, Credentials.Application, _context.Credentials.ApplicationPassword);

    /// <summary>As <see cref="ConnectionString(RegionId)"/>, but straight to the server: no delay, and faults of links don't reach it.</summary>
    public string DirectConnectionString() =>
        ConnectionString(Port, Credentials.Application, _context.Credentials.ApplicationPassword);

    /// <summary>As <see cref="ConnectionString(RegionId)"/>, but to the node's pooler. It goes over the same link, with the same delay and faults.</summary>
    /// <exception cref="InvalidOperationException">There is none: <see cref="LocalClusterOptions.Pooler"/>.</exception>
    public string PooledConnectionString(RegionId from)
    {
        RequirePooler();
        return ConnectionString(_context.Links.Client(from, this).PoolerPort!.Value, Credentials.Application, _context.Credentials.ApplicationPassword);
    }

    /// <summary>As <see cref="DirectConnectionString"/>, but to the node's pooler.</summary>
    /// <exception cref="InvalidOperationException">There is none: <see cref="LocalClusterOptions.Pooler"/>.</exception>
    public string PooledConnectionString() => ConnectionString(RequirePooler().Port, Credentials.Application, _context.Credentials.ApplicationPassword);

    /// <summary>
    /// As <see cref="ConnectionString(RegionId)"/>, but as the role of a <see cref="FailoverCoordinator"/>, which can do what docs/failover.md lists and nothing else; see
    /// <see cref="PostgresCluster.GrantCoordinatorAsync"/>.
    /// </summary>
    public string CoordinatorConnectionString(RegionId from) =>
        ConnectionString(_context.Links.Client(from, this).Port, Credentials.Coordinator, _context.Credentials.CoordinatorPassword);

    /// <summary>The superuser, straight to the server. For putting faults upon it and looking inside; never for what a test judges.</summary>
    public string AdminConnectionString() => ConnectionString(Port, Credentials.Admin, _context.Credentials.AdminPassword);

    /// <summary>Orderly (fast) shutdown. A frozen server is thawed; on a stopped one it does nothing.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _server.StopAsync(cancellationToken);

    /// <summary>kill -9 of the server and all its processes at once; clients see their connections reset.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => _server.KillAsync(cancellationToken);

    /// <summary>
    /// Starts the server again as what its files say it is, and waits until it takes connections. A former primary comes back as a
    /// primary, whoever was promoted meanwhile: see <see cref="RejoinAsync"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">It runs.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) =>
        IsRunning ? throw new InvalidOperationException($"{Name} is running.") : _server.StartAsync(cancellationToken);

    /// <summary>SIGSTOP to the server and all its processes: it holds its connections, accepts new ones, and answers nothing.</summary>
    public Task FreezeAsync(CancellationToken cancellationToken = default) => _server.FreezeAsync(cancellationToken);

    /// <summary>Ends <see cref="FreezeAsync"/>.</summary>
    public Task ThawAsync(CancellationToken cancellationToken = default) => _server.ThawAsync(cancellationToken);

    /// <summary>
    /// Cuts every link to and from the node, present and future: clients of all regions, and replication either way. The direct
    /// connection strings still work, as a console on the machine would.
    /// </summary>
    public Task IsolateAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IsIsolated = true;
        _context.Links.ResetConnectionsOf(this);
        return Task.CompletedTask;
    }

    /// <summary>Ends <see cref="IsolateAsync"/>; links that were cut by themselves, and those of other isolated nodes, stay cut.</summary>
    public Task HealAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        IsIsolated = false;
        return Task.CompletedTask;
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    internal Task StartPoolerAsync(CancellationToken cancellationToken) => RequirePooler().StartAsync(Port, cancellationToken);

    private PgBouncerServer RequirePooler() =>
        _pooler ?? throw new InvalidOperationException($"{Name} has no pooler: set LocalClusterOptions.Pooler.");

    /// <summary>A superuser's connection of its own, never pooled: nodes come and go.</summary>
    internal async Task<NpgsqlConnection> OpenAdminAsync(string database, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(AdminConnectionString())
        {
            Database = database,
            Pooling = false,
            CommandTimeout = (int)_context.Options.StepTimeout.TotalSeconds,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // The servers have neither certificates nor Kerberos; asking for them would cost every new connection a round trip each.
    private static string ConnectionString(int port, string user, string password) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = user,
        Password = password,
        Database = Credentials.Database,
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;
}
