namespace WebsiteBuilder.Data.Clusters;

/// <summary>One Redis server, with the faults that can be put upon it.</summary>
/// <remarks>
/// Verbs wait until what they say is true; use one at a time per node. What is written is kept over <see cref="KillAsync"/> (append-only
/// file), which is more than Redis promises when the machine itself stops.
/// </remarks>
public sealed class LocalRedisNode
{
    private readonly RedisServer _server;
    private readonly ClusterContext _context;

    internal LocalRedisNode(ClusterContext context, RedisServer server, string name)
    {
        _context = context;
        _server = server;
        Name = name;
    }

    /// <summary>Unique among the Redis servers: <c>redis-{region}-primary</c>, <c>redis-{region}-replica</c>, <c>redis-cluster-1</c> to <c>-6</c>, and so on.</summary>
    public string Name { get; }

    /// <summary>The port on 127.0.0.1; it stays the same over restarts.</summary>
    public int Port => _server.Port;

    /// <summary>The port on 127.0.0.1 that speaks TLS; null without <see cref="LocalRedisOptions.TlsCertificateFile"/>.</summary>
    public int? TlsPort => _server.TlsPort;

    /// <summary>As <see cref="RedisChannelOptions.Endpoints"/> takes it.</summary>
    public string Endpoint => $"127.0.0.1:{Port}";

    /// <summary>True while the process exists, also when it is frozen.</summary>
    public bool IsRunning => _server.IsRunning;

    /// <summary>The server's log. Removed with the cluster.</summary>
    public string LogFile => _server.LogFile;

    /// <summary>kill -9; clients see their connections reset.</summary>
    public Task KillAsync(CancellationToken cancellationToken = default) => _server.KillAsync(cancellationToken);

    /// <summary>Starts it again as what it last was.</summary>
    /// <exception cref="InvalidOperationException">It runs.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) =>
        IsRunning ? throw new InvalidOperationException($"{Name} is running.") : _server.StartAsync(cancellationToken);

    /// <summary>SIGSTOP: it holds its connections, the kernel accepts new ones, and nothing is answered.</summary>
    public Task FreezeAsync(CancellationToken cancellationToken = default) => _server.FreezeAsync(cancellationToken);

    /// <summary>Ends <see cref="FreezeAsync"/>.</summary>
    public Task ThawAsync(CancellationToken cancellationToken = default) => _server.ThawAsync(cancellationToken);

    /// <summary>A replica loses its primary and goes on answering, ever staler; <see cref="FollowAsync"/> ends it.</summary>
    public Task CutReplicationAsync(CancellationToken cancellationToken = default) => AdminAsync(cancellationToken, "REPLICAOF", "127.0.0.1", "1");

    /// <summary>Makes it a replica of another node, and waits until it streams.</summary>
    public async Task FollowAsync(LocalRedisNode primary, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(primary);
        await AdminAsync(cancellationToken, "REPLICAOF", "127.0.0.1", $"{primary.Port}").ConfigureAwait(false);
        await UntilStreamingAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes it a primary, whoever else is one.</summary>
    public Task PromoteAsync(CancellationToken cancellationToken = default) => AdminAsync(cancellationToken, "REPLICAOF", "NO", "ONE");

    /// <summary>Sends the server a command, past every client under test.</summary>
    /// <param name="words">The command and its arguments.</param>
    /// <exception cref="RedisFaultException">The server didn't answer, or answered with an error.</exception>
    public Task<RedisReply> AdminAsync(params string[] words) => AdminAsync(CancellationToken.None, words);

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    internal Task UntilStreamingAsync(CancellationToken cancellationToken) => Poll.UntilAsync(
        async token => (await AdminAsync(token, "INFO", "replication").ConfigureAwait(false)).AsString()!.Contains("master_link_status:up", StringComparison.Ordinal),
        $"{Name} streams",
        _context.Options.StepTimeout,
        _server.LogTail,
        cancellationToken);

    internal async Task<RedisReply> AdminAsync(CancellationToken cancellationToken, params string[] words)
    {
        var channel = new RespChannel(new RedisChannelOptions
        {
            Endpoints = { Endpoint },
            Password = _server.Password.Length == 0 ? null : _server.Password,
            Timeout = TimeSpan.FromSeconds(10),
        });
        await using var closing = channel.ConfigureAwait(false);
        return await channel.ExecuteAsync(
            RedisCommand.Write(words[0], [.. words.Skip(1).Select(RedisArgument.FromString)]), default, cancellationToken).ConfigureAwait(false);
    }
}
