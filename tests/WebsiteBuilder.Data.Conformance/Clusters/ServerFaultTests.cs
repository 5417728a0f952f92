using System.Net.Sockets;
using Npgsql;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>Faults of one server that leave roles as they are; each test puts the shared cluster back.</summary>
[Collection(SmallCluster.Collection)]
public sealed class ServerFaultTests(SmallCluster cluster)
{
    [Fact]
    public async Task A_stopped_replica_refuses_and_streams_again_after_its_start()
    {
        var node = cluster.WestReplica;
        var port = node.Port;
        await node.StopAsync();
        Assert.False(node.IsRunning);
        await node.StopAsync();
        var error = await Assert.ThrowsAsync<NpgsqlException>(() => Sql.ExecuteAsync(node.DirectConnectionString(), "SELECT 1"));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);

        await node.StartAsync();

        Assert.True(node.IsRunning);
        Assert.Equal(port, node.Port);
        await Assert.ThrowsAsync<InvalidOperationException>(() => node.StartAsync());
        await CaughtUpAsync(node);
    }

    [Fact]
    public async Task A_killed_primary_resets_its_clients_keeps_what_it_acknowledged_and_starts_again_at_once()
    {
        var node = cluster.Primary;
        await using var connection = await Sql.OpenAsync(node.DirectConnectionString());
        await connection.ScalarAsync<object>("CREATE TABLE killed (id int); INSERT INTO killed VALUES (1)");

        await node.KillAsync();

        Assert.False(node.IsRunning);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.ScalarAsync<object>("SELECT 1"));
        await node.StartAsync();
        Assert.Equal(1L, await Sql.ScalarAsync<long>(node.DirectConnectionString(), "SELECT count(*) FROM killed"));
        await CaughtUpAsync(cluster.NearReplica);
        await Sql.ExecuteAsync(node.DirectConnectionString(), "DROP TABLE killed");
    }

    [Fact]
    public async Task A_frozen_node_accepts_and_answers_nothing_until_it_thaws()
    {
        var node = cluster.NearReplica;
        await using var connection = await Sql.OpenAsync(node.ConnectionString(SmallCluster.East));
        await node.FreezeAsync();
        Assert.True(node.IsRunning);

        var answer = connection.ScalarAsync<int>("SELECT 42");
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Sql.ExecuteAsync(node.DirectConnectionString(), "SELECT 1", timeoutSeconds: 1));
        Assert.False(answer.IsCompleted);

        await node.ThawAsync();
        Assert.Equal(42, await answer);
    }

    [Fact]
    public async Task A_frozen_node_can_be_killed()
    {
        var node = cluster.NearReplica;
        await node.FreezeAsync();
        await node.KillAsync();
        Assert.False(node.IsRunning);
        await node.StartAsync();
        await CaughtUpAsync(node);
    }

    [Fact]
    public async Task Paused_replay_shows_no_new_commit_until_it_resumes_and_the_log_is_received_all_the_same()
    {
        var node = cluster.NearReplica;
        await node.PauseReplayAsync();
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "CREATE TABLE paused (id int)");
        var written = await Sql.ScalarAsync<NpgsqlTypes.NpgsqlLogSequenceNumber>(
            cluster.Primary.DirectConnectionString(), "SELECT pg_current_wal_flush_lsn()");
        await Eventually.TrueAsync(
            () => Sql.ScalarAsync<bool>(node.DirectConnectionString(), $"SELECT pg_last_wal_receive_lsn() >= '{written}'"));
        Assert.False(await Sql.ScalarAsync<bool>(node.DirectConnectionString(), "SELECT to_regclass('paused') IS NOT NULL"));

        await node.ResumeReplayAsync();

        await Eventually.TrueAsync(() => Sql.ScalarAsync<bool>(node.DirectConnectionString(), "SELECT to_regclass('paused') IS NOT NULL"));
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "DROP TABLE paused");
    }

    [Fact]
    public async Task Delayed_replay_shows_a_commit_that_much_later()
    {
        var node = cluster.NearReplica;
        var delay = TimeSpan.FromMilliseconds(700);
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "CREATE TABLE delayed (id int)");
        await CaughtUpAsync(node);
        await node.DelayReplayAsync(delay);
        await using var replica = await Sql.OpenAsync(node.DirectConnectionString());

        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "INSERT INTO delayed VALUES (1)");
        var committed = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(async () => await replica.ScalarAsync<long>("SELECT count(*) FROM delayed") == 1);
        var waited = TimeProvider.System.GetElapsedTime(committed);

        Assert.InRange(waited, delay - TimeSpan.FromMilliseconds(50), delay + TimeSpan.FromSeconds(2));
        await node.DelayReplayAsync(TimeSpan.Zero);
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "DROP TABLE delayed");
        await CaughtUpAsync(node);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => node.DelayReplayAsync(TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public async Task An_isolated_node_is_cut_from_clients_and_replication_but_not_from_its_console()
    {
        var node = cluster.NearReplica;
        await using var before = await Sql.OpenAsync(node.ConnectionString(SmallCluster.East));

        await node.IsolateAsync();

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => before.ScalarAsync<object>("SELECT 1"));
        // Also a region from which nobody had connected before.
        foreach (var from in (RegionId[])[SmallCluster.East, SmallCluster.West])
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => Sql.ExecuteAsync(node.ConnectionString(from), "SELECT 1"));
        Assert.Equal(1, await Sql.ScalarAsync<int>(node.DirectConnectionString(), "SELECT 1"));
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "CREATE TABLE isolated (id int)");
        Assert.False(await Sql.HasCaughtUpAsync(cluster.Primary.DirectConnectionString(), node.DirectConnectionString()));

        await node.HealAsync();

        Assert.Equal(1, await Sql.ScalarAsync<int>(node.ConnectionString(SmallCluster.East), "SELECT 1"));
        await CaughtUpAsync(node);
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "DROP TABLE isolated");
    }

    [Fact]
    public async Task A_synchronous_commit_waits_for_the_named_replica_and_no_longer_than_it_is_named()
    {
        var node = cluster.NearReplica;
        await cluster.Primary.SetSynchronousStandbysAsync($"ANY 1 ({node.ApplicationName})");
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "CREATE TABLE synced (id int)");

        cluster.Local.ReplicationLink(node).Hang();
        var commit = Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "INSERT INTO synced VALUES (1)", timeoutSeconds: 20);
        await Eventually.TrueAsync(() => Sql.ScalarAsync<bool>(
            cluster.Primary.AdminConnectionString(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')"));
        Assert.False(commit.IsCompleted);

        await cluster.Primary.SetSynchronousStandbysAsync(null);
        await commit;

        cluster.Local.ReplicationLink(node).Heal();
        await CaughtUpAsync(node);
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "DROP TABLE synced");
    }

    private Task CaughtUpAsync(LocalNode node) => Eventually.TrueAsync(
        () => Sql.HasCaughtUpAsync(cluster.Primary.DirectConnectionString(), node.DirectConnectionString()),
        because: $"{node.Name} has caught up");
}
