using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Migrations;

/// <summary>What a run of the migrations would do, asked without doing it.</summary>
public sealed class PendingMigrationTests
{
    [Fact]
    public async Task What_is_pending_is_told_for_each_database_with_its_sql_and_nothing_is_changed_or_waited_for()
    {
        await using var local = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("one", "us-east-1").Cluster("two", "us-east-1")),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });
        var options = local.CreateDataOptions(RegionId.Parse("us-east-1"));
        var one = local["one"].Primary.DirectConnectionString();

        // A run that is on its way holds this lock.
        await using var running = await Sql.OpenAsync(one);
        await running.ScalarAsync<object>($"SELECT pg_advisory_lock({0x776264})");
        var all = await DataClient.GetPendingMigrationsAsync(options);
        Assert.False(await Sql.ScalarAsync<bool>(one, "SELECT to_regnamespace('wbd') IS NOT NULL"));
        await running.ScalarAsync<object>($"SELECT pg_advisory_unlock({0x776264})");

        var applied = new List<string>();
        await DataClient.MigrateAsync(options, new Progress(applied));
        Assert.Equal(all.Select(static step => $"{step.Shard}: {step.Name}").Order(), applied.Order());
        Assert.Equal(["one", "two"], all.Select(static step => step.Shard).Distinct());
        Assert.Contains("CREATE TABLE wbd.history", all[0].Sql, StringComparison.Ordinal);
        Assert.Empty(await DataClient.GetPendingMigrationsAsync(options));

        await Sql.ExecuteAsync(one, "DELETE FROM wbd.migration WHERE version = (SELECT max(version) FROM wbd.migration)");
        var last = Assert.Single(await DataClient.GetPendingMigrationsAsync(options));
        Assert.Equal(("one", all[^1].Name, all[^1].Sql), (last.Shard, last.Name, last.Sql));
        await Sql.ExecuteAsync(one, "UPDATE wbd.migration SET checksum = 'another' WHERE version = 1");
        await Assert.ThrowsAsync<StoreFailureException>(() => DataClient.GetPendingMigrationsAsync(options));
    }

    private sealed class Progress(List<string> steps) : IProgress<string>
    {
        public void Report(string value)
        {
            lock (steps)
            {
                steps.Add(value);
            }
        }
    }
}
