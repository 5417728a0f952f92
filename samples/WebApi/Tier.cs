using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Samples.WebApi;

/// <summary>The database behind all hosts: a primary in us-east-1 and a replica in eu-west-1.</summary>
internal abstract class Tier : IAsyncDisposable
{
    private const string Name = "emea";
    private const string Home = "us-east-1";
    private const string Away = "eu-west-1";

    public static IReadOnlyList<string> Regions { get; } = [Home, Away];

    public static async Task<Tier> StartAsync(string? kind) => kind switch
    {
        null or "LocalCluster" => await Real.StartAsync(),
        "Simulated" => new InMemory(),
        _ => throw new ArgumentException("The tier is LocalCluster or Simulated.", nameof(kind)),
    };

    /// <summary>Puts the tier behind a host that runs in a region.</summary>
    public abstract void Plug(DataBuilder data, string region);

    public abstract ValueTask DisposeAsync();

    private sealed class Real(LocalCluster cluster) : Tier
    {
        public static async Task<Tier> StartAsync()
        {
            var cluster = await LocalCluster.StartAsync(
                ClusterTopology.Create(static topology => topology.Cluster(Name, primary: Home, replicas: [Away])),
                new LocalClusterOptions { InstallMissingServers = true });
            await DataClient.MigrateAsync(cluster.CreateDataOptions(RegionId.Parse(Home)));
            return new Real(cluster);
        }

        // In production all of this comes from configuration.
        public override void Plug(DataBuilder data, string region) => data.Services.Configure<DataOptions>(options =>
        {
            options.LocalRegion = region;
            foreach (var shard in cluster.CreateDataOptions(RegionId.Parse(region)).Shards)
            {
                options.Shards.Add(shard);
            }
        });

        public override ValueTask DisposeAsync() => cluster.DisposeAsync();
    }

    private sealed class InMemory : Tier
    {
        private readonly SimulatedCluster _cluster = new SimulatedCluster()
            .UsePublishedRoundTrips()
            .AddShard(Name, static shard => shard.AddNode("us", Home).AddNode("eu", Away).Holds(Name));

        // Long enough to see with curl that only the token makes the difference.
        public InMemory() => _cluster[Name].In(Away).ReplicationDelay = TimeSpan.FromSeconds(5);

        public override void Plug(DataBuilder data, string region) => data.UseSimulatedCluster(_cluster, region);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
