using Npgsql;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Benchmarks.Tier;

/// <summary>
/// One shard on this machine, a primary and a replica, reached straight over the loopback: nothing stands between the contenders and the
/// servers, which would cost them all the same and so hide differences.
/// </summary>
internal sealed class BenchTier : IAsyncDisposable
{
    /// <summary>What the primary is called by clients that watch.</summary>
    public const string PrimaryName = "primary";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly RegionId Home = RegionId.Parse("us-east-1");
    private readonly LocalCluster _cluster;

    private BenchTier(LocalCluster cluster) => _cluster = cluster;

    public string Primary => _cluster.Clusters[0].Primary.DirectConnectionString();

    public string Replica => _cluster.Clusters[0].Replicas.Single().DirectConnectionString();

    public static async Task<BenchTier> StartAsync(Action<string>? progress, CancellationToken cancellationToken)
    {
        var options = new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0, Progress = progress, Redis = { Regions = { Home } } };
        var topology = ClusterTopology.Create(static topology => topology.Cluster("bench", Home.ToString(), [Home.ToString()]));
        var tier = new BenchTier(await LocalCluster.StartAsync(topology, options, cancellationToken));
        try
        {
            progress?.Invoke($"Migrate, and fill a table with {Item.Rows} rows");
            await DataClient.MigrateAsync(tier.Options(), cancellationToken: cancellationToken);
            await FillAsync(tier.Primary, cancellationToken);
            await tier.UntilReplicatedAsync(cancellationToken);
            return tier;
        }
        catch
        {
            await tier.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes and fills the table.</summary>
    public static async Task FillAsync(string primary, CancellationToken cancellationToken)
    {
        await ExecuteAsync(primary, Item.CreateTable, cancellationToken);
        await ExecuteAsync(primary, "VACUUM ANALYZE item", cancellationToken);
    }

    /// <summary>Settings of a channel to a Redis primary.</summary>
    public RedisChannelOptions Redis() => new() { Endpoints = { _cluster.Redis[Home].Primary.Endpoint }, Password = _cluster.Redis.Password };

    /// <summary>A client that knows both nodes.</summary>
    public async Task<DataClient> ClientAsync(EntityPolicy? policy, CancellationToken cancellationToken)
    {
        return await SettledAsync(DataClient.Create(Options(), entities => entities.Add(Item.Map, policy)), cancellationToken);
    }

    /// <summary>A client that knows the primary once, and the replica under as many names as it takes.</summary>
    public async Task<DataClient> WatchAsync(int nodes, CancellationToken cancellationToken)
    {
        var shard = new ShardOptions { Number = 0, Name = "bench" };
        for (var i = 0; i < nodes; i++)
        {
            shard.Endpoints.Add(new EndpointOptions
            {
                Name = i == 0 ? PrimaryName : $"replica-{i}",
                Region = Home.ToString(),
                ConnectionString = i == 0 ? Primary : Replica,
            });
        }

        return await SettledAsync(DataClient.Create(new DataOptions { LocalRegion = Home.ToString(), Shards = { shard } }), cancellationToken);
    }

    /// <summary>Kills the replica and starts it again; once it is dead, it is started in any case.</summary>
    public async Task KillReplicaAsync(TimeSpan downFor, CancellationToken cancellationToken)
    {
        var replica = _cluster.Clusters[0].Replicas.Single();
        await replica.KillAsync(cancellationToken);
        try
        {
            await Task.Delay(downFor, cancellationToken);
        }
        finally
        {
            await replica.StartAsync(CancellationToken.None);
        }
    }

    /// <summary>From now on the primary's commits wait for the replica.</summary>
    public Task WaitForStandbyAsync(CancellationToken cancellationToken) =>
        _cluster.Clusters[0].Primary.SetSynchronousStandbysAsync(_cluster.Clusters[0].Replicas.Single().ApplicationName, cancellationToken);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>The same client, once it knows all nodes.</summary>
    public static async Task<DataClient> SettledAsync(DataClient client, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await client.WaitUntilReadyAsync(patience.Token);
        while (client.Topology.Shards[0].Endpoints.Any(static endpoint => endpoint.Role is not (EndpointRole.Primary or EndpointRole.Replica)
            || endpoint.Health != EndpointHealth.Healthy))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
        }

        return client;
    }

    private DataOptions Options()
    {
        var shard = new ShardOptions { Number = 0, Name = "bench" };
        foreach (var node in _cluster.Nodes)
        {
            shard.Endpoints.Add(new EndpointOptions
            {
                Name = node.Name,
                Region = Home.ToString(),
                ConnectionString = node.DirectConnectionString(),
            });
        }

        return new DataOptions { LocalRegion = Home.ToString(), Shards = { shard } };
    }

    private async Task UntilReplicatedAsync(CancellationToken cancellationToken)
    {
        await using var primary = NpgsqlDataSource.Create(Primary);
        await using var replica = NpgsqlDataSource.Create(Replica);
        var written = await ScalarAsync(primary, "SELECT pg_current_wal_flush_lsn()", cancellationToken);
        while (await ScalarAsync(replica, "SELECT pg_last_wal_replay_lsn()", cancellationToken) is var replayed && replayed < written)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    private static async Task<NpgsqlTypes.NpgsqlLogSequenceNumber> ScalarAsync(NpgsqlDataSource source, string sql, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        return (NpgsqlTypes.NpgsqlLogSequenceNumber)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(string connectionString, string sql, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = (int)Patience.TotalSeconds;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
