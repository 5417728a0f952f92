namespace WebsiteBuilder.Data.Clusters;

/// <summary>Settings of a <see cref="LocalCluster"/>; read once, when it starts.</summary>
public sealed class LocalClusterOptions
{
    /// <summary>
    /// Whether servers that are missing may be installed from Debian's packages, as root; no service is started. Default false: a
    /// missing server is a <see cref="LocalClusterException"/> that names its package.
    /// </summary>
    public bool InstallMissingServers { get; set; }

    /// <summary>Told every step as it begins, from any thread. Default null.</summary>
    public Action<string>? Progress { get; set; }

    /// <summary>Multiplies every published round trip. 0 to 10, 0 = no delay; default 1.</summary>
    public double LatencyScale { get; set; } = 1;

    /// <summary>
    /// The round trip, before scaling, between regions that <see cref="WanLatency"/> does not know. 0 to 10 s; default null: using such
    /// a pair is an <see cref="ArgumentException"/>.
    /// </summary>
    public TimeSpan? UnknownRoundTrip { get; set; }

    /// <summary>Seed of the links' jitter. Default 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// Below which the cluster's own directory is made; it must exist, and the account postgres must be able to enter it when we are
    /// root. Default null: /dev/shm if it has room (160 MB per node), else the directory for temporary files.
    /// </summary>
    public string? BaseDirectory { get; set; }

    /// <summary>Where PostgreSQL's programs are. Default <c>/usr/lib/postgresql/15/bin</c>.</summary>
    public string PostgresBinDirectory { get; set; } = "/usr/lib/postgresql/15/bin";

    /// <summary>
    /// Whether a connection pooler stands before each node: with <see cref="ConnectionPooler.Transaction"/> a PgBouncer of its own in
    /// transaction mode, from Debian's package, run as the servers are. <see cref="LocalCluster.CreateDataOptions"/> then leads through it.
    /// Default <see cref="ConnectionPooler.None"/>.
    /// </summary>
    public ConnectionPooler Pooler { get; set; }

    /// <summary>How many connections each pooler keeps to its node: 1 to 50; default 8. The fewer, the more often clients share one.</summary>
    public int PoolerSize { get; set; } = 8;

    /// <summary>Lines for <c>postgresql.conf</c> of every node, after our own, so that they win. Default none.</summary>
    public IDictionary<string, string> PostgresSettings { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Redis servers to run besides. Default none.</summary>
    public LocalRedisOptions Redis { get; } = new();

    /// <summary>How long one step, or one verb of a node, may take before it fails. 1 s to 10 min; default 60 s.</summary>
    public TimeSpan StepTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>A copy that later changes don't reach.</summary>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    internal static LocalClusterOptions Validated(LocalClusterOptions options)
    {
        if (!(options.LatencyScale is >= 0 and <= 10))
            throw new ArgumentOutOfRangeException(nameof(options), options.LatencyScale, $"{nameof(LatencyScale)} is 0 to 10.");
        if (options.UnknownRoundTrip is { } unknown && (unknown < TimeSpan.Zero || unknown > TimeSpan.FromSeconds(10)))
            throw new ArgumentOutOfRangeException(nameof(options), unknown, $"{nameof(UnknownRoundTrip)} is 0 to 10 s.");
        if (options.StepTimeout < TimeSpan.FromSeconds(1) || options.StepTimeout > TimeSpan.FromMinutes(10))
            throw new ArgumentOutOfRangeException(nameof(options), options.StepTimeout, $"{nameof(StepTimeout)} is 1 s to 10 min.");
        if (options.PoolerSize is < 1 or > 50)
            throw new ArgumentOutOfRangeException(nameof(options), options.PoolerSize, $"{nameof(PoolerSize)} is 1 to 50.");
        if (!Enum.IsDefined(options.Pooler))
            throw new ArgumentOutOfRangeException(nameof(options), options.Pooler, $"{nameof(Pooler)} is no known pooler.");
        if (options.BaseDirectory is not null && !Directory.Exists(options.BaseDirectory))
            throw new ArgumentException($"{nameof(BaseDirectory)} '{options.BaseDirectory}' does not exist.", nameof(options));
        if (options.Redis.TlsCertificateFile is null != options.Redis.TlsKeyFile is null)
            throw new ArgumentException($"{nameof(LocalRedisOptions.TlsCertificateFile)} and {nameof(LocalRedisOptions.TlsKeyFile)} go together.", nameof(options));
        if (string.IsNullOrEmpty(options.PostgresBinDirectory))
            throw new ArgumentException($"{nameof(PostgresBinDirectory)} is empty.", nameof(options));

        var copy = (LocalClusterOptions)options.MemberwiseClone();
        copy.BaseDirectory = options.BaseDirectory is null ? null : Path.GetFullPath(options.BaseDirectory);
        return copy;
    }
}
