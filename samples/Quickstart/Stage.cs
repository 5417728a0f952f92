using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>One process of the application: a client in its region, and the territory whose users it mostly serves.</summary>
internal sealed class Site(DataClient client, Territory territory, LocalNode localReplica) : IAsyncDisposable
{
    private User[] _users = [];

    public DataClient Client { get; } = client;

    public RegionId Region => Client.LocalRegion;

    public Territory Territory { get; } = territory;

    /// <summary>The replica of the home territory's database that runs in the site's own region.</summary>
    public LocalNode LocalReplica { get; } = localReplica;

    /// <summary>Users at home in the territory.</summary>
    public IReadOnlyList<User> Users => _users;

    public EndpointHealth LocalReplicaHealth => Client.Topology.Shards
        .SelectMany(static shard => shard.Endpoints)
        .Single(endpoint => endpoint.Name == LocalReplica.Name).Health;

    public void Serve(IEnumerable<User> users) => _users = [.. users];

    public ValueTask DisposeAsync() => Client.DisposeAsync();
}

/// <summary>All that runs during the tour: the cluster and the three sites.</summary>
internal sealed class Stage(LocalCluster cluster, IReadOnlyList<Site> sites) : IAsyncDisposable
{
    /// <summary>Where there is a Redis, too.</summary>
    public static IReadOnlyList<RegionId> RedisRegions { get; } = [RegionId.Parse("sa-east-1"), RegionId.Parse("eu-central-1")];

    public LocalRedis Redis => cluster.Redis;

    /// <summary>Each as far from its territory's primary as the reference topology allows; the farthest first.</summary>
    public IReadOnlyList<Site> Sites { get; } = sites;

    public Site Farthest => Sites[0];

    public LocalCluster Cluster => cluster;

    public TimeSpan Trip(Site site) => WanLatency.Between(site.Region, cluster[site.Territory.ToString()].Primary.Region).Average;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Sites.Select(static site => site.DisposeAsync().AsTask()));
        await cluster.DisposeAsync();
    }
}
