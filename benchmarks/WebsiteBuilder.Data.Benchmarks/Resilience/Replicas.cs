using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Benchmarks.Resilience;

/// <summary>A primary and some replicas next to the client, with the table filled, and readers who go on for as long as something happens to the replicas.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    public static readonly RegionId Home = RegionId.Parse("us-east-1");

    private readonly LocalCluster _cluster;

    private Replicas(LocalCluster cluster) => _cluster = cluster;

    public PostgresCluster Shard => _cluster.Clusters[0];

    public static async Task<Replicas> StartAsync(int count, CancellationToken cancellationToken)
    {
        var topology = ClusterTopology.Create(topology => topology.Cluster("readers", Home.ToString(), [.. Enumerable.Repeat(Home.ToString(), count)]));
        var replicas = new Replicas(await LocalCluster.StartAsync(topology, new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 }, cancellationToken));
        try
        {
            await DataClient.MigrateAsync(replicas._cluster.CreateDataOptions(Home), cancellationToken: cancellationToken);
            await BenchTier.FillAsync(replicas.Shard.Primary.DirectConnectionString(), cancellationToken);
            return replicas;
        }
        catch
        {
            await replicas.DisposeAsync();
            throw;
        }
    }

    public NetworkLink LinkTo(LocalNode node) => _cluster.Link(Home, node);

    public Task<DataClient> ClientAsync(Action<DataOptions>? configure, CancellationToken cancellationToken)
    {
        var options = _cluster.CreateDataOptions(Home);
        configure?.Invoke(options);
        return BenchTier.SettledAsync(
            DataClient.Create(options, static entities => entities.Add(Item.Map, new EntityPolicy { Consistency = ConsistencyLevel.Eventual })), cancellationToken);
    }

    /// <summary>Reads by so many workers until it is stopped.</summary>
    /// <returns>How many reads there were.</returns>
    public static async Task<long> ReadAsync(DataClient client, int workers, TimeSpan pause, CancellationToken stop)
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(() => WorkAsync(client, worker, pause, stop), CancellationToken.None)));
        return counts.Sum();
    }

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    private static async Task<long> WorkAsync(DataClient client, int worker, TimeSpan pause, CancellationToken stop)
    {
        var random = new Random(Seeds.Of(worker));
        var items = client.OpenSession().Repository<Item, long>();
        var count = 0L;
        while (!stop.IsCancellationRequested)
        {
            if (!(await items.FindAsync(random.Next(Item.Rows), cancellationToken: CancellationToken.None)).Found)
            {
                throw new InvalidOperationException("A row is missing.");
            }

            count++;
            await Task.Delay(pause, CancellationToken.None);
        }

        return count;
    }
}
