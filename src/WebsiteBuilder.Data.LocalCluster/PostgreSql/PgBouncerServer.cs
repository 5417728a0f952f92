namespace WebsiteBuilder.Data.Clusters;

/// <summary>The pooler before one node: a PgBouncer in transaction mode, owned by the supervisor as the servers are.</summary>
internal sealed class PgBouncerServer(ClusterContext context, string node)
{
    public const string Program = "/usr/sbin/pgbouncer";

    private const int MaxPortAttempts = 5;

    private readonly string _log = node + "-pooler";

    public int Port { get; private set; } = context.Ports.Next();

    private string ConfigurationFile => Path.Combine(context.Supervisor.Directory, _log + ".ini");

    /// <summary>Starts the process and waits until it takes connections.</summary>
    /// <param name="serverPort">The node's own port.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task StartAsync(int serverPort, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await File.WriteAllTextAsync(ConfigurationFile, Configuration(serverPort), cancellationToken).ConfigureAwait(false);
            var pid = await context.Supervisor.StartServerAsync(
                _log, "TERM", ServerUser.Run(Program, ConfigurationFile), cancellationToken).ConfigureAwait(false);
            await Poll.UntilAsync(
                () => IsReady() || !ProcessTable.IsAlive(pid), $"{_log} takes connections", context.Options.StepTimeout, LogTail, cancellationToken).ConfigureAwait(false);
            if (ProcessTable.IsAlive(pid)) return;

            if (attempt == MaxPortAttempts || !LogTail().Contains("Address already in use", StringComparison.Ordinal))
                throw new LocalClusterException($"{_log} ended while starting. {LogTail()}");
            Port = context.Ports.Next();
        }
    }

    private string LogTail() => ServerLog.Tail(context.Supervisor.LogFile(_log));

    private bool IsReady() => LogTail().Contains($"listening on 127.0.0.1:{Port}", StringComparison.Ordinal)
        && LogTail().Contains("process up", StringComparison.Ordinal);

    // Short waits, so that a server that is down shows within seconds: by default a client waits two minutes for one. Nothing is reset
    // between two clients, which is what transaction mode means.
    private string Configuration(int serverPort) => $"""
        [databases]
        {Credentials.Database} = host=127.0.0.1 port={serverPort} dbname={Credentials.Database}
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = {Port}
        unix_socket_dir =
        auth_type = scram-sha-256
        auth_file = {context.PoolerUsersFile}
        pool_mode = transaction
        max_client_conn = 500
        default_pool_size = {context.Options.PoolerSize}
        server_connect_timeout = 2
        server_login_retry = 0.2
        query_wait_timeout = 3
        log_connections = 0
        log_disconnections = 0

        """;
}
