using System.Globalization;
using System.Security.Cryptography;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Makes and starts the Redis servers that are asked for.</summary>
internal sealed class RedisBootstrap
{
    private const int Primaries = 3;
    private const int Slots = 16_384;
    private const string Watch = "mymaster";

    private readonly ClusterContext _context;
    private readonly Dictionary<LocalRedisNode, RedisServer> _servers = [];

    public RedisBootstrap(ClusterContext context)
    {
        _context = context;
        var options = context.Options.Redis;
        Pairs = [.. options.Regions.Distinct().Select(region => Pair(region, $"redis-{region}", options.TlsCertificateFile is not null))];
        if (options.Sentinels)
        {
            Watched = Pair(default, "redis-watched", withTls: false);
            Sentinels = [.. Enumerable.Range(1, 3).Select(number => Node($"redis-sentinel-{number}", SentinelSettings, isSentinel: true))];
        }

        if (options.Cluster)
            ClusterNodes = [.. Enumerable.Range(0, 2 * Primaries).Select(index => Node($"redis-cluster-{index + 1}", ClusterSettings, () => ClusterView(index)))];
    }

    public string Password { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    public IReadOnlyList<LocalRedisPair> Pairs { get; }

    public IReadOnlyList<LocalRedisNode> ClusterNodes { get; } = [];

    public IReadOnlyList<LocalRedisNode> Sentinels { get; } = [];

    public LocalRedisPair? Watched { get; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        LocalRedisPair[] pairs = Watched is null ? [.. Pairs] : [.. Pairs, Watched];
        await Task.WhenAll(_servers.Where(pair => !Sentinels.Contains(pair.Key)).Select(pair => pair.Value.StartAsync(cancellationToken))).ConfigureAwait(false);
        await Task.WhenAll(
            Task.WhenAll(pairs.Select(pair => pair.Replica.FollowAsync(pair.Primary, cancellationToken))),
            Task.WhenAll(ClusterNodes.Skip(Primaries).Select(node => node.UntilStreamingAsync(cancellationToken))),
            Task.WhenAll(ClusterNodes.Select(node => UntilAgreedAsync(node, cancellationToken))),
            Task.WhenAll(ClusterNodes.Select(node => UntilNamingReplicasAsync(node, cancellationToken)))).ConfigureAwait(false);
        // They look at the pair as it is when they start.
        await Task.WhenAll(Sentinels.Select(sentinel => StartSentinelAsync(sentinel, cancellationToken))).ConfigureAwait(false);
        await Task.WhenAll(Sentinels.Select(sentinel => UntilWatchingAsync(sentinel, cancellationToken))).ConfigureAwait(false);
    }

    private LocalRedisPair Pair(RegionId region, string name, bool withTls) => new(
        region,
        Node($"{name}-primary", PairSettings, withTls: withTls),
        Node($"{name}-replica", PairSettings, withTls: withTls),
        Password,
        _context.Links);

    private LocalRedisNode Node(string name, Func<string> settings, Func<string>? clusterView = null, bool isSentinel = false, bool withTls = false)
    {
        var server = new RedisServer(_context, name, isSentinel ? "" : Password, withTls, withBus: clusterView is not null)
        {
            Settings = settings,
            ClusterView = clusterView,
            IsSentinel = isSentinel,
        };
        var node = new LocalRedisNode(_context, server, name);
        _servers.Add(node, server);
        return node;
    }

    // A full copy is otherwise put off by 5 s, in the hope of more replicas. By its default, fsync every second, the server may answer before it
    // has written: a write is put off while an fsync runs. Without any it writes first, and what is written outlives the process.
    private string PairSettings() => $"""
        requirepass {Password}
        masterauth {Password}
        save ""
        appendonly yes
        appendfsync no
        repl-diskless-sync-delay 0
        repl-ping-replica-period 1

        """;

    private string ClusterSettings() => PairSettings() + """
        cluster-enabled yes
        cluster-config-file nodes.conf
        cluster-node-timeout 1000
        cluster-replica-validity-factor 0
        cluster-announce-ip 127.0.0.1

        """;

    private string SentinelSettings() => $"""
        sentinel monitor {Watch} 127.0.0.1 {Watched!.Primary.Port} 2
        sentinel auth-pass {Watch} {Password}
        sentinel down-after-milliseconds {Watch} 500
        sentinel failover-timeout {Watch} 3000
        sentinel parallel-syncs {Watch} 1

        """;

    // As if they had met already: three primaries with a third of the slots each, and a replica behind each.
    private string ClusterView(int self)
    {
        static string Id(int index) => (index + 1).ToString("x40", CultureInfo.InvariantCulture);
        var lines = ClusterNodes.Select((node, index) =>
        {
            var address = $"{Id(index)} 127.0.0.1:{node.Port}@{node.Port + FreePorts.BusOffset} {(index == self ? "myself," : "")}";
            var shard = index % Primaries;
            return index < Primaries
                ? $"{address}master - 0 0 {shard + 1} connected {Slots * shard / Primaries}-{(Slots * (shard + 1) / Primaries) - 1}"
                : $"{address}slave {Id(shard)} 0 0 {shard + 1} connected";
        });
        return string.Join('\n', [.. lines, $"vars currentEpoch {Primaries} lastVoteEpoch 0", ""]);
    }

    private Task StartSentinelAsync(LocalRedisNode sentinel, CancellationToken cancellationToken) => _servers[sentinel].StartAsync(cancellationToken);

    private Task UntilAgreedAsync(LocalRedisNode node, CancellationToken cancellationToken) => UntilAsync(
        node, "knows its cluster", static reply => reply.AsString()!.Contains("cluster_state:ok", StringComparison.Ordinal), cancellationToken, "CLUSTER", "INFO");

    // A node tells of a replica only when it has heard from it how far that has come.
    private Task UntilNamingReplicasAsync(LocalRedisNode node, CancellationToken cancellationToken) => UntilAsync(
        node, "names the replicas", static reply => reply.Items.ToArray().All(static range => range.Items.Length == 4), cancellationToken, "CLUSTER", "SLOTS");

    private async Task UntilWatchingAsync(LocalRedisNode sentinel, CancellationToken cancellationToken)
    {
        await UntilAsync(sentinel, "has its quorum", static reply => reply.AsString()!.StartsWith("OK 3", StringComparison.Ordinal), cancellationToken, "SENTINEL", "CKQUORUM", Watch).ConfigureAwait(false);
        await UntilAsync(sentinel, "knows the replica", static reply => reply.Items.Length == 1, cancellationToken, "SENTINEL", "REPLICAS", Watch).ConfigureAwait(false);
    }

    private Task UntilAsync(LocalRedisNode node, string what, Func<RedisReply, bool> holds, CancellationToken cancellationToken, params string[] question) => Poll.UntilAsync(
        async token =>
        {
            try
            {
                return holds(await node.AdminAsync(token, question).ConfigureAwait(false));
            }
            catch (RedisFaultException error) when (error.Code is not null)
            {
                return false; // Not yet.
            }
        },
        $"{node} {what}",
        _context.Options.StepTimeout,
        _servers[node].LogTail,
        cancellationToken);
}
