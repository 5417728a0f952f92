using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>Client settings for the local cluster. In production the same come from configuration, section by section.</summary>
internal static class Settings
{
    /// <summary>As a process in one region would be configured: it knows every node, each as far away as it is from that region.</summary>
    public static DataOptions From(LocalCluster cluster, RegionId region) => Build(cluster, region, (_, node) => node.ConnectionString(region));

    /// <summary>As the deployment's migration job is configured: it runs next to each primary.</summary>
    public static DataOptions ForMigration(LocalCluster cluster) =>
        Build(cluster, cluster.Clusters[0].Primary.Region, static (home, node) => node.ConnectionString(home.Primary.Region));

    private static DataOptions Build(LocalCluster cluster, RegionId region, Func<PostgresCluster, LocalNode, string> connect)
    {
        var options = new DataOptions { LocalRegion = region.ToString() };

        // Nodes that answer about as fast share the reads. By default "about" is 15 ms, which suits regions that are far apart; eu-west-3 is
        // only 9 ms from eu-central-1 and would take a third of its reads.
        options.Routing.LatencyWindow = TimeSpan.FromMilliseconds(5);
        foreach (var (number, home) in cluster.Clusters.Index())
        {
            var shard = new ShardOptions { Number = number, Name = home.Name };
            foreach (var node in home.Nodes)
            {
                // Which node is the primary is not said: the client finds out, and notices when it changes.
                shard.Endpoints.Add(new EndpointOptions { Name = node.Name, Region = node.Region.ToString(), ConnectionString = connect(home, node) });
            }

            // The reference topology's fourth cluster holds what belongs to no territory, and hence no users.
            if (home.Name != "global")
            {
                shard.Territories.Add(home.Name);
            }

            options.Shards.Add(shard);
        }

        return options;
    }
}
