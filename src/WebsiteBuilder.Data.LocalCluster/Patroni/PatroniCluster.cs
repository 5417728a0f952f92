using System.Text.Json;
using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>
/// Three PostgreSQL servers that Patroni runs, with one etcd, on this machine: a cluster whose primary somebody else chooses. For tests of following, on Linux; of the Debian
/// packages <c>patroni</c> and <c>etcd-server</c>. Everything listens on 127.0.0.1 only, without distances and links.
/// </summary>
/// <remarks>Disposing takes everything down, and so does the end of this process, as with <see cref="LocalCluster"/>. Thread-safe.</remarks>
public sealed class PatroniCluster : IAsyncDisposable
{
    private readonly ClusterContext _context;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private PatroniCluster(ClusterContext context, int etcdPort)
    {
        _context = context;
        Nodes = [.. Enumerable.Range(1, 3).Select(number => new PatroniNode(context, $"patroni-{number}", etcdPort))];
    }

    /// <summary>The nodes, whichever of them is the primary.</summary>
    public IReadOnlyList<PatroniNode> Nodes { get; }

    /// <summary>Starts etcd and three nodes, and waits until one is the leader, the others follow it, and the application's role and database are there.</summary>
    /// <param name="options">Settings, of which links and poolers don't apply; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up; what was started is taken down again.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="LocalClusterException">A server is not installed, or did not start in time.</exception>
    /// <exception cref="PlatformNotSupportedException">This is not Linux.</exception>
    public static async Task<PatroniCluster> StartAsync(LocalClusterOptions? options = null, CancellationToken cancellationToken = default)
    {
        var settings = LocalClusterOptions.Validated(options ?? new LocalClusterOptions());
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("A local cluster needs Linux.");

        var links = new LinkMap(settings);
        await new ServerInstaller(settings.InstallMissingServers, settings.Progress ?? (static _ => { }))
            .EnsureAsync([ServerKind.PostgreSql(settings.PostgresBinDirectory), ServerKind.Patroni], cancellationToken).ConfigureAwait(false);
        var supervisor = await Supervisor.StartAsync(BaseDirectories.Choose(settings.BaseDirectory, 3), ServerUser.Group, cancellationToken).ConfigureAwait(false);
        var context = new ClusterContext(settings, supervisor, links, new FreePorts(), new Credentials());
        var cluster = new PatroniCluster(context, context.Ports.Next());
        try
        {
            await cluster.BootAsync(cancellationToken).ConfigureAwait(false);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Settings for a client: one shard, named <c>patroni</c>, which is also its territory; each node is reached directly.</summary>
    public DataOptions CreateDataOptions(RegionId region)
    {
        var shard = new ShardOptions { Number = 0, Name = "patroni", Territories = { "patroni" } };
        foreach (var node in Nodes)
        {
            shard.Endpoints.Add(new EndpointOptions { Name = node.Name, Region = $"{region}", ConnectionString = node.ConnectionString() });
        }

        return new DataOptions { LocalRegion = $"{region}", Shards = { shard } };
    }

    /// <summary>The node that Patroni calls the leader now; null if none does, or nobody answers.</summary>
    public async Task<PatroniNode?> FindLeaderAsync(CancellationToken cancellationToken = default)
    {
        var members = await MembersAsync(cancellationToken).ConfigureAwait(false);
        return Nodes.FirstOrDefault(node => members.Any(member => member.Name == node.Name && member.Role == "leader"));
    }

    /// <summary>Waits until a leader is there and so many replicas run behind it, on its timeline.</summary>
    /// <exception cref="LocalClusterException">That took longer than <see cref="LocalClusterOptions.StepTimeout"/>.</exception>
    public Task WaitUntilSettledAsync(int replicas, CancellationToken cancellationToken = default) => Poll.UntilAsync(
        async token =>
        {
            var members = await MembersAsync(token).ConfigureAwait(false);
            var leader = members.FirstOrDefault(static member => member is { Role: "leader", State: "running" });
            return leader is not null
                && members.Count(member => member is { Role: "replica", State: "running" or "streaming" } && member.Timeline == leader.Timeline) >= replicas;
        },
        $"{replicas} replicas follow a leader",
        _context.Options.StepTimeout,
        Nodes[0].LogTail,
        cancellationToken);

    /// <summary>Asks Patroni to make another node the leader, without loss, and returns when it is.</summary>
    /// <exception cref="LocalClusterException">It took longer than <see cref="LocalClusterOptions.StepTimeout"/>.</exception>
    public async Task SwitchoverAsync(PatroniNode candidate, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        await Poll.UntilAsync(
            async token => await FindLeaderAsync(token).ConfigureAwait(false) is { } leader && (leader == candidate || await AskAsync(leader, candidate, token).ConfigureAwait(false)),
            $"{candidate.Name} is the leader",
            _context.Options.StepTimeout,
            candidate.LogTail,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Patroni refuses for a while when the candidate has just joined: then it is asked again.</summary>
    private async Task<bool> AskAsync(PatroniNode leader, PatroniNode candidate, CancellationToken cancellationToken)
    {
        using var request = new StringContent($$"""{"leader": "{{leader.Name}}", "candidate": "{{candidate.Name}}"}""");
        using var answer = await _http.PostAsync(leader.Rest("switchover"), request, cancellationToken).ConfigureAwait(false);
        return answer.IsSuccessStatusCode && await FindLeaderAsync(cancellationToken).ConfigureAwait(false) == candidate;
    }

    /// <summary>Takes everything down at once and removes the directory.</summary>
    public async ValueTask DisposeAsync()
    {
        await _context.Supervisor.DisposeAsync().ConfigureAwait(false);
        _context.Links.Dispose();
        _http.Dispose();
    }

    private async Task BootAsync(CancellationToken cancellationToken)
    {
        var (client, peer) = (Nodes[0].EtcdPort, _context.Ports.Next());
        var data = Path.Combine(_context.Supervisor.Directory, "nodes", "etcd");
        await _context.Supervisor.StartServerAsync(
            "etcd",
            "TERM",
            ServerUser.Run(
                ServerKind.EtcdProgram, "--name", "e0", "--data-dir", data,
                "--listen-client-urls", $"http://127.0.0.1:{client}", "--advertise-client-urls", $"http://127.0.0.1:{client}",
                "--listen-peer-urls", $"http://127.0.0.1:{peer}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{peer}", "--initial-cluster", $"e0=http://127.0.0.1:{peer}",
                "--heartbeat-interval", "50", "--election-timeout", "500", "--logger", "zap", "--log-level", "warn", "--unsafe-no-fsync"),
            cancellationToken).ConfigureAwait(false);
        await Poll.UntilAsync(
            async token => await GetAsync(new Uri($"http://127.0.0.1:{client}/health"), token).ConfigureAwait(false) is not null,
            "etcd answers",
            _context.Options.StepTimeout,
            () => ServerLog.Tail(_context.Supervisor.LogFile("etcd")),
            cancellationToken).ConfigureAwait(false);
        await Task.WhenAll(Nodes.Select(node => node.StartAsync(cancellationToken))).ConfigureAwait(false);
        await WaitUntilSettledAsync(replicas: 2, cancellationToken).ConfigureAwait(false);
        await CreateApplicationAsync((await FindLeaderAsync(cancellationToken).ConfigureAwait(false))!, cancellationToken).ConfigureAwait(false);
    }

    private async Task CreateApplicationAsync(PatroniNode leader, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(leader.AdminConnectionString()) { Pooling = false }.ConnectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync(
                $"CREATE ROLE {Credentials.Application} LOGIN REPLICATION PASSWORD '{_context.Credentials.ApplicationPassword}' IN ROLE pg_monitor", cancellationToken).ConfigureAwait(false);
            await connection.ExecuteAsync($"CREATE DATABASE {Credentials.Database} OWNER {Credentials.Application}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>As the first node that answers sees it.</summary>
    private async Task<IReadOnlyList<PatroniMember>> MembersAsync(CancellationToken cancellationToken)
    {
        foreach (var node in Nodes)
        {
            if (await GetAsync(node.Rest("cluster"), cancellationToken).ConfigureAwait(false) is { } text)
            {
                using var document = JsonDocument.Parse(text);
                return [.. document.RootElement.GetProperty("members").EnumerateArray().Select(PatroniMember.Read)];
            }
        }

        return [];
    }

    private async Task<string?> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.GetStringAsync(address, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException || (error is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    private sealed record PatroniMember(string Name, string Role, string State, int Timeline)
    {
        public static PatroniMember Read(JsonElement member) => new(
            member.GetProperty("name").GetString()!,
            member.GetProperty("role").GetString()!,
            member.GetProperty("state").GetString()!,
            member.TryGetProperty("timeline", out var timeline) && timeline.TryGetInt32(out var number) ? number : 0);
    }
}
