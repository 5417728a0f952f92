using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>A cluster of one shard with the schema and the table of notes, and clients of it. All as the application role.</summary>
internal sealed class LiveTier : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _owned = [];

    private LiveTier(LocalCluster local) => Local = local;

    public LocalCluster Local { get; }

    public PostgresCluster Shard => Local.Clusters[0];

    public LocalNode Primary => Shard.Primary;

    public static Task<LiveTier> StartAsync(string primary, params string[] replicas) => StartAsync(ConnectionPooler.None, primary, replicas);

    /// <summary>Starts one with a pooler before each node, and a few server settings.</summary>
    public static async Task<LiveTier> StartAsync(
        ConnectionPooler pooler, string primary, string[] replicas, Action<LocalClusterOptions>? change = null)
    {
        var options = new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0, Pooler = pooler };
        change?.Invoke(options);
        var local = await LocalCluster.StartAsync(ClusterTopology.Create(topology => topology.Cluster("shard", primary, replicas)), options);
        var tier = new LiveTier(local);
        try
        {
            await DataClient.MigrateAsync(local.CreateDataOptions(tier.Primary.Region));
            await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), Note.CreateTable);
            return tier;
        }
        catch
        {
            await tier.DisposeAsync();
            throw;
        }
    }

    /// <summary>The replica of a region.</summary>
    public LocalNode Replica(string region) => Shard.Nodes.Single(node => node.InitialRole == NodeRole.Replica && node.Region == RegionId.Parse(region));

    /// <summary>A client whose monitor is quick, and ready.</summary>
    public async Task<DataClient> ClientAsync(string region, Action<DataOptions>? change = null)
    {
        var options = Local.CreateDataOptions(RegionId.Parse(region));
        options.Health.ProbeInterval = TimeSpan.FromMilliseconds(200);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
        options.Health.ProbeTimeout = TimeSpan.FromSeconds(2);
        options.Health.PositionSampleInterval = TimeSpan.FromMilliseconds(50);
        change?.Invoke(options);
        var client = DataClient.Create(options, static entities => entities.Add(Note.Map));
        _owned.Add(client);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        await Eventually.TrueAsync(
            () => client.Topology.Shards[0].Endpoints.All(static endpoint => endpoint.Role is EndpointRole.Primary or EndpointRole.Replica),
            because: "all roles are known");
        return client;
    }

    /// <summary>The store behind one node, without the engine.</summary>
    public PostgresEndpoint Store(LocalNode node, string? connectionString = null)
    {
        var pooled = connectionString is null && node.PoolerPort is not null;
        var store = new PostgresEndpoint(
            new PostgresConnections(
                node.Name,
                connectionString ?? (pooled ? node.PooledConnectionString() : node.DirectConnectionString()),
                4,
                TimeSpan.FromSeconds(2),
                directConnectionString: pooled ? node.DirectConnectionString() : null),
            new EngineRuntime(TimeProvider.System, new Random()));
        _owned.Add(store);
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        await Local.DisposeAsync();
    }
}
