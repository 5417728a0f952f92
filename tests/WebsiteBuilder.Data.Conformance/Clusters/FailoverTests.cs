using Npgsql;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>Faults that change roles, each on a cluster of its own: a primary and two replicas, without distance.</summary>
public sealed class FailoverTests : IAsyncLifetime
{
    private LocalCluster _local = null!;

    private PostgresCluster Emea => _local["emea"];

    private LocalNode Dublin => _local.Node("emea-eu-west-1-primary");

    private LocalNode Frankfurt => _local.Node("emea-eu-central-1");

    private LocalNode Paris => _local.Node("emea-eu-west-3");

    public async Task InitializeAsync() => _local = await LocalCluster.StartAsync(
        ClusterTopology.Create(b => b.Cluster("emea", primary: "eu-west-1", replicas: ["eu-central-1", "eu-west-3"])),
        new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });

    public async Task DisposeAsync() => await _local.DisposeAsync();

    [Fact]
    public async Task After_a_failover_the_others_follow_and_the_old_primary_rejoins()
    {
        await WriteAsync(Dublin, 1);
        await SeesAsync(Frankfurt, 1);
        await SeesAsync(Paris, 1);
        await Dublin.KillAsync();

        await Frankfurt.PromoteAsync();
        Assert.Same(Frankfurt, Emea.Primary);
        await WriteAsync(Frankfurt, 2);

        await Paris.FollowAsync(Frankfurt);
        await SeesAsync(Paris, 2);
        await Assert.ThrowsAsync<ArgumentException>(() => Paris.FollowAsync(Paris));

        await Dublin.RejoinAsync(Frankfurt);
        Assert.True(await Sql.ScalarAsync<bool>(Dublin.DirectConnectionString(), "SELECT pg_is_in_recovery()"));
        await WriteAsync(Frankfurt, 3);
        await SeesAsync(Dublin, 3);

        // And back again: the first primary is a replica like any other.
        await Dublin.PromoteAsync();
        await WriteAsync(Dublin, 4);
        await Paris.FollowAsync(Dublin);
        await SeesAsync(Paris, 4);
        Assert.Equal("3", await Sql.ScalarAsync<string>(
            Dublin.AdminConnectionString(), "SELECT (('x' || substr(pg_walfile_name(pg_current_wal_flush_lsn()), 1, 8))::bit(32)::int)::text"));
    }

    [Fact]
    public async Task A_diverged_primary_keeps_commits_that_the_new_one_never_sees_until_it_rejoins()
    {
        await WriteAsync(Dublin, 1);
        await SeesAsync(Frankfurt, 1);

        var split = await Emea.DivergeAsync(Frankfurt, (connection, _) => connection.ScalarAsync<object>("INSERT INTO t VALUES (100)"));

        Assert.Same(Dublin, split.OldPrimary);
        Assert.Same(Frankfurt, split.NewPrimary);
        await WriteAsync(Frankfurt, 2);
        Assert.Equal("1,100", await RowsAsync(Dublin));
        Assert.Equal("1,2", await RowsAsync(Frankfurt));
        Assert.True(await Sql.ScalarAsync<bool>(Dublin.DirectConnectionString(), $"SELECT pg_current_wal_flush_lsn() > '{split.Fork}'"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => WriteAsync(Dublin.ConnectionString(Dublin.Region), 3));

        // Healed, both take writes from clients: that is the trap which a data tier has to survive.
        await Dublin.HealAsync();
        await WriteAsync(Dublin.ConnectionString(Dublin.Region), 101);

        await Dublin.RejoinAsync(Frankfurt);
        await SeesAsync(Dublin, 2);
        Assert.Equal("1,2", await RowsAsync(Dublin));
    }

    [Fact]
    public async Task A_replica_that_has_more_than_the_new_primary_cannot_follow_it()
    {
        await WriteAsync(Dublin, 1);
        await SeesAsync(Frankfurt, 1);
        _local.ReplicationLink(Frankfurt).Cut();
        await WriteAsync(Dublin, 2);
        await SeesAsync(Paris, 2);
        await Dublin.KillAsync();
        _local.ReplicationLink(Frankfurt).Heal();
        await Frankfurt.PromoteAsync();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Paris.FollowAsync(Frankfurt, patience.Token));

        Assert.Contains("forked off", await File.ReadAllTextAsync(Paris.LogFile), StringComparison.Ordinal);
        await Paris.RejoinAsync(Frankfurt);
        Assert.Equal("1", await RowsAsync(Paris));
    }

    private static Task WriteAsync(LocalNode node, int id) => WriteAsync(node.DirectConnectionString(), id);

    private static Task WriteAsync(string connectionString, int id) =>
        Sql.ExecuteAsync(connectionString, $"CREATE TABLE IF NOT EXISTS t (id int); INSERT INTO t VALUES ({id})");

    private static Task<string?> RowsAsync(LocalNode node) =>
        Sql.ScalarAsync<string>(node.DirectConnectionString(), "SELECT string_agg(id::text, ',' ORDER BY id) FROM t");

    private static Task SeesAsync(LocalNode node, int id) => Eventually.TrueAsync(
        async () =>
        {
            await using var connection = await Sql.OpenAsync(node.DirectConnectionString());
            return await connection.ScalarAsync<bool>("SELECT to_regclass('t') IS NOT NULL")
                && await connection.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM t WHERE id = {id})");
        },
        because: $"{node.Name} has row {id}");
}
