using WebsiteBuilder.Data.Clusters;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Clusters;

public sealed class SeedsTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Sixteen_nodes_of_four_clusters_start_quickly_and_stream()
    {
        var start = TimeProvider.System.GetTimestamp();
        await using var local = await LocalCluster.StartAsync(ClusterTopology.Seeds, new LocalClusterOptions { InstallMissingServers = true });
        var took = TimeProvider.System.GetElapsedTime(start);

        foreach (var (step, duration) in local.Timings)
            output.WriteLine($"{step,-30} {duration.TotalSeconds,6:0.00} s");
        output.WriteLine($"{"All",-30} {took.TotalSeconds,6:0.00} s");

        Assert.Equal(16, local.Nodes.Count);
        Assert.Equal(16, local.Nodes.Select(node => node.Name).Distinct().Count());
        Assert.Equal(16, local.Nodes.Select(node => node.Port).Distinct().Count());
        var systems = new HashSet<string>(StringComparer.Ordinal);
        foreach (var cluster in local.Clusters)
        {
            Assert.Equal(cluster.Nodes.Count - 1, await Sql.ScalarAsync<long>(
                cluster.Primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"));
            systems.Add((await Sql.ScalarAsync<string>(
                cluster.Primary.AdminConnectionString(), "SELECT system_identifier::text FROM pg_control_system()"))!);
        }

        Assert.Equal(4, systems.Count);
        // Ten on two idle cores; other builds share this machine.
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.InRange(local.Timings.Sum(timing => timing.Duration.TotalSeconds), took.TotalSeconds * 0.9, took.TotalSeconds);
    }
}
