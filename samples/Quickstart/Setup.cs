using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>Starts the cluster, brings its databases to the library's schema, and makes one client in each of three regions.</summary>
internal static class Setup
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // The far ends: sa-east-1 is 113 ms from its primary in us-east-1, ap-northeast-1 77 ms from ap-southeast-1, eu-central-1 24 ms from eu-west-1.
    private static readonly (string Territory, string Region)[] Places =
        [("americas", "sa-east-1"), ("apac", "ap-northeast-1"), ("emea", "eu-central-1")];

    public static async Task<Stage> RunAsync(Screen screen, Report report, CancellationToken cancellationToken)
    {
        Stage? stage = null;
        screen.Chapter(
            "1. A world on one machine",
            "Sixteen PostgreSQL servers in four clusters, as far apart as the regions that they play, and a Redis in two of the regions; then a client in each of three.");
        await report.ChapterAsync("1. set-up", () => screen.WorkAsync("Starting", async inPassing =>
        {
            var steps = new Steps(screen, report.Time, inPassing);
            stage = await BuildAsync(steps, report.Time, cancellationToken);
            steps.End();
        }));
        return stage!;
    }

    private static async Task<Stage> BuildAsync(Steps steps, TimeProvider time, CancellationToken cancellationToken)
    {
        var options = new LocalClusterOptions { InstallMissingServers = true, Progress = steps.Begin };
        foreach (var region in Stage.RedisRegions)
        {
            options.Redis.Regions.Add(region);
        }

        var cluster = await LocalCluster.StartAsync(ClusterTopology.Seeds, options, cancellationToken);
        var sites = new List<Site>();
        var stage = new Stage(cluster, sites);
        try
        {
            steps.Begin("Migrate the databases of all four shards");
            await DataClient.MigrateAsync(Settings.ForMigration(cluster), cancellationToken: cancellationToken);
            steps.Begin($"Three clients, in {string.Join(", ", Places.Select(static place => place.Region))}, find their way around");
            sites.AddRange(Places.Select(place => Open(cluster, Territory.Parse(place.Territory), RegionId.Parse(place.Region))));
            await Task.WhenAll(sites.Select(site => GetToKnowAsync(site, time, cancellationToken)));
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    private static Site Open(LocalCluster cluster, Territory territory, RegionId region)
    {
        var client = DataClient.Create(Settings.From(cluster, region), static entities => entities.Add(UserMap.Map, UserMap.Policy));
        return new Site(client, territory, cluster[territory.ToString()].Replicas.Single(node => node.Region == region));
    }

    private static async Task GetToKnowAsync(Site site, TimeProvider time, CancellationToken cancellationToken)
    {
        await site.Client.WaitUntilReadyAsync(cancellationToken);

        // Ready means that every shard takes writes; the tour also wants every replica to have been seen.
        await time.UntilAsync(
            () => site.Client.Topology.Shards.SelectMany(static shard => shard.Endpoints).All(static endpoint => endpoint.Health == EndpointHealth.Healthy
                && endpoint.Role is EndpointRole.Primary or EndpointRole.Replica),
            Patience,
            $"all nodes known in {site.Region}",
            cancellationToken);
    }
}
