using System.Diagnostics;
using System.Net.Sockets;
using Npgsql;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>Poolers of a local cluster.</summary>
public sealed class LocalPoolerTests
{
    private static readonly RegionId East = RegionId.Parse("us-east-1");

    [Fact]
    public async Task Each_node_has_a_pooler_in_transaction_mode_that_shares_its_link_its_account_and_its_end()
    {
        int port;
        var processes = new List<int>();
        await using (var local = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("pooled", "us-east-1", ["us-west-2"])),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0, Pooler = ConnectionPooler.Transaction, PoolerSize = 1 }))
        {
            var node = local.Clusters[0].Primary;
            port = node.PoolerPort!.Value;
            Assert.Equal(4, local.Nodes.SelectMany(static node => new[] { node.Port, node.PoolerPort!.Value }).Distinct().Count());
            Assert.All(local.Nodes, static node => Assert.InRange(node.PoolerPort!.Value, 1024, 32767));

            await using (var one = await Sql.OpenAsync(node.PooledConnectionString()))
            await using (var other = await Sql.OpenAsync(node.PooledConnectionString(East)))
            {
                var process = await one.ScalarAsync<int>("SELECT pg_backend_pid()");
                Assert.Equal(process, await other.ScalarAsync<int>("SELECT pg_backend_pid()"));
                Assert.Equal(node.Name, await other.ScalarAsync<string>("SELECT current_setting('cluster_name')"));
                await Assert.ThrowsAsync<PostgresException>(() => Sql.ExecuteAsync(
                    new NpgsqlConnectionStringBuilder(node.PooledConnectionString()) { Password = "wrong" }.ConnectionString, "SELECT 1"));

                local.Link(East, node).Cut();
                await Assert.ThrowsAnyAsync<NpgsqlException>(() => other.ScalarAsync<int>("SELECT 1"));
                Assert.Equal(1, await one.ScalarAsync<int>("SELECT 1"));
                local.Link(East, node).Heal();
            }

            foreach (var process in Process.GetProcessesByName("pgbouncer"))
            {
                // Other clusters' may run, too: ours have their log in our directory.
                if (new FileInfo($"/proc/{process.Id}/fd/2").LinkTarget is { } log && log.StartsWith(local.DirectoryPath, StringComparison.Ordinal))
                {
                    processes.Add(process.Id);
                    var status = await File.ReadAllLinesAsync($"/proc/{process.Id}/status");
                    Assert.DoesNotContain(status, static line => line.StartsWith("Uid:\t0", StringComparison.Ordinal));
                }
            }

            Assert.Equal(2, processes.Count);
        }

        Assert.All(processes, static process => Assert.False(Directory.Exists($"/proc/{process}")));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync("127.0.0.1", port));
    }

    [Fact]
    public async Task Settings_of_a_client_lead_through_poolers_where_there_are_some_and_a_node_without_one_says_so()
    {
        await using var local = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("plain", "us-east-1")),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });
        var node = local.Clusters[0].Primary;

        var endpoint = local.CreateDataOptions(East).Shards[0].Endpoints[0];

        Assert.Equal((ConnectionPooler.None, ""), (endpoint.Pooler, endpoint.DirectConnectionString));
        Assert.Null(node.PoolerPort);
        Assert.Null(local.Link(East, node).PoolerPort);
        Assert.Throws<InvalidOperationException>(() => node.PooledConnectionString());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => LocalCluster.StartAsync(ClusterTopology.Seeds, new LocalClusterOptions { PoolerSize = 0 }));
    }
}
