using Npgsql;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

[Collection(SmallCluster.Collection)]
public sealed class StartTests(SmallCluster cluster)
{
    [Fact]
    public async Task The_application_role_is_no_superuser_but_owns_its_database()
    {
        await using var connection = await Sql.OpenAsync(cluster.Primary.DirectConnectionString());

        Assert.Equal("wbd_app", await connection.ScalarAsync<string>("SELECT current_user::text"));
        Assert.Equal("off", await connection.ScalarAsync<string>("SELECT current_setting('is_superuser')"));
        Assert.True(await connection.ScalarAsync<bool>("SELECT rolreplication FROM pg_roles WHERE rolname = current_user"));
        Assert.True(await connection.ScalarAsync<bool>("SELECT pg_has_role('pg_monitor', 'member')"));
        Assert.Equal("wbd_app", await connection.ScalarAsync<string>(
            "SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()"));
        await connection.ScalarAsync<object>("CREATE SCHEMA role_test; CREATE TABLE public.role_test (id int); DROP SCHEMA role_test; DROP TABLE role_test");
    }

    [Theory]
    [InlineData("fsync", "on")]
    [InlineData("full_page_writes", "on")]
    [InlineData("synchronous_commit", "on")]
    [InlineData("wal_level", "logical")]
    [InlineData("wal_log_hints", "on")]
    [InlineData("track_commit_timestamp", "on")]
    [InlineData("hot_standby_feedback", "on")]
    [InlineData("listen_addresses", "127.0.0.1")]
    public async Task Every_node_is_configured_to_be_durable_and_observable(string setting, string value)
    {
        foreach (var node in cluster.Local.Nodes)
            Assert.Equal(value, await Sql.ScalarAsync<string>(node.DirectConnectionString(), $"SELECT current_setting('{setting}')"));
    }

    [Fact]
    public async Task Each_replica_streams_from_its_own_slot_under_its_application_name()
    {
        foreach (var replica in cluster.Americas.Replicas)
        {
            Assert.Equal("streaming", await Sql.ScalarAsync<string>(
                cluster.Primary.AdminConnectionString(),
                $"SELECT state FROM pg_stat_replication WHERE application_name = '{replica.ApplicationName}'"));
            Assert.True(await Sql.ScalarAsync<bool>(
                cluster.Primary.AdminConnectionString(),
                $"SELECT active FROM pg_replication_slots WHERE slot_name = '{replica.ApplicationName}'"));
            Assert.Equal(replica.Name, await Sql.ScalarAsync<string>(replica.DirectConnectionString(), "SELECT current_setting('cluster_name')"));
            Assert.True(await Sql.ScalarAsync<bool>(replica.DirectConnectionString(), "SELECT pg_is_in_recovery()"));
        }
    }

    [Fact]
    public async Task A_wrong_password_is_refused()
    {
        var wrong = new NpgsqlConnectionStringBuilder(cluster.Primary.AdminConnectionString()) { Password = "wrong" }.ConnectionString;

        var error = await Assert.ThrowsAsync<PostgresException>(() => Sql.ExecuteAsync(wrong, "SELECT 1"));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, error.SqlState);
    }

    [Fact]
    public void Names_say_cluster_region_and_first_role()
    {
        Assert.Equal(
            ["americas-us-east-1-primary", "americas-us-east-1", "americas-us-west-2", "americas-sa-east-1"],
            cluster.Local.Nodes.Select(node => node.Name));
        Assert.Equal("americas_us_west_2", cluster.WestReplica.ApplicationName);
        Assert.Equal(NodeRole.Primary, cluster.Primary.InitialRole);
        Assert.Equal(NodeRole.Replica, cluster.WestReplica.InitialRole);
        Assert.Same(cluster.Primary, cluster.Americas.Primary);
        Assert.All(cluster.Local.Nodes, node => Assert.InRange(node.Port, 1024, 32767));
        Assert.Throws<KeyNotFoundException>(() => cluster.Local["asia"]);
    }

    [Fact]
    public async Task Missing_programs_name_the_package_and_the_option()
    {
        var error = await Assert.ThrowsAsync<LocalClusterException>(() => LocalCluster.StartAsync(
            ClusterTopology.Seeds, new LocalClusterOptions { PostgresBinDirectory = "/nowhere/bin" }));

        Assert.Contains("postgresql-15", error.Message, StringComparison.Ordinal);
        Assert.Contains("/nowhere/bin/initdb", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(LocalClusterOptions.InstallMissingServers), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_cannot_start_is_quoted_and_leaves_nothing()
    {
        using var place = new TemporaryDirectory();
        var options = new LocalClusterOptions { InstallMissingServers = true, BaseDirectory = place.Path };
        options.PostgresSettings["shared_buffers"] = "plenty";

        var error = await Assert.ThrowsAsync<LocalClusterException>(() => LocalCluster.StartAsync(
            ClusterTopology.Create(topology => topology.Cluster("broken", primary: "us-east-1")), options));

        Assert.Contains("invalid value for parameter \"shared_buffers\"", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(place.Path));
    }

    [Fact]
    public async Task An_unknown_region_is_an_error_before_anything_starts_unless_there_is_a_default()
    {
        using var place = new TemporaryDirectory();
        var topology = ClusterTopology.Create(b => b.Cluster("lunar", primary: "us-east-1", replicas: ["moon-1"]));
        var steps = new List<string>();
        await Assert.ThrowsAsync<ArgumentException>(() => LocalCluster.StartAsync(
            topology, new LocalClusterOptions { InstallMissingServers = true, BaseDirectory = place.Path, Progress = steps.Add }));
        Assert.Empty(steps);

        await using var local = await LocalCluster.StartAsync(
            topology,
            new LocalClusterOptions { InstallMissingServers = true, BaseDirectory = place.Path, UnknownRoundTrip = TimeSpan.FromMilliseconds(20), LatencyScale = 0.5, Progress = steps.Add });

        Assert.Equal(TimeSpan.FromMilliseconds(10), local.ReplicationLink(local.Node("lunar-moon-1")).RoundTrip);
        Assert.Equal(steps, local.Timings.Select(timing => timing.Step));
    }
}
