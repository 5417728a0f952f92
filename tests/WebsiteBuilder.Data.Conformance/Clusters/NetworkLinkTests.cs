using Npgsql;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

[Collection(SmallCluster.Collection)]
public sealed class NetworkLinkTests(SmallCluster cluster)
{
    private static readonly RegionId Dublin = RegionId.Parse("eu-west-1");
    private static readonly RegionId Tokyo = RegionId.Parse("ap-northeast-1");

    [Fact]
    public async Task A_link_adds_the_published_round_trip_and_one_more_to_connect()
    {
        var published = WanLatency.Between(Dublin, SmallCluster.East);
        var link = cluster.Local.Link(Dublin, cluster.Primary);
        Assert.Equal(published.Average, link.RoundTrip);
        Assert.Equal(published.Deviation, link.Jitter);
        Assert.Same(link, cluster.Local.Link(Dublin, cluster.Primary));

        var connecting = TimeProvider.System.GetTimestamp();
        await using var connection = await Sql.OpenAsync(cluster.Primary.ConnectionString(Dublin));
        var opened = TimeProvider.System.GetElapsedTime(connecting);
        var samples = await SamplesAsync(connection, 15);

        // The handshake of TCP, the startup packet and two steps of SCRAM at the least.
        Assert.InRange(opened, published.Average * 3.9, published.Average * 8);
        Assert.InRange(samples[samples.Count / 2], published.Average - TimeSpan.FromMilliseconds(2), published.Average + TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public async Task A_round_trip_that_is_set_is_exact_and_holds_on_open_connections()
    {
        var link = cluster.Local.Link(SmallCluster.West, cluster.NearReplica);
        await using var connection = await Sql.OpenAsync(cluster.NearReplica.ConnectionString(SmallCluster.West));
        await connection.ScalarAsync<int>("SELECT 1");

        link.RoundTrip = TimeSpan.FromMilliseconds(10);
        var samples = await SamplesAsync(connection, 41);

        Assert.Equal(TimeSpan.Zero, link.Jitter);
        Assert.True(samples[0] >= TimeSpan.FromMilliseconds(10), $"The fastest took {samples[0].TotalMilliseconds} ms.");
        Assert.InRange(samples[samples.Count / 2].TotalMilliseconds, 10, 12.5);
        Assert.Throws<ArgumentOutOfRangeException>(() => link.RoundTrip = TimeSpan.FromSeconds(11));
    }

    [Fact]
    public async Task Within_a_region_nothing_is_added()
    {
        Assert.Equal(TimeSpan.Zero, cluster.Local.Link(SmallCluster.East, cluster.NearReplica).RoundTrip);
        await using var connection = await Sql.OpenAsync(cluster.NearReplica.ConnectionString(SmallCluster.East));

        var samples = await SamplesAsync(connection, 101);

        Assert.InRange(samples[samples.Count / 2].TotalMilliseconds, 0, 3);
    }

    [Fact]
    public async Task A_cut_resets_what_is_open_and_refuses_what_is_new()
    {
        var link = cluster.Local.Link(SmallCluster.South, cluster.NearReplica);
        await using var connection = await Sql.OpenAsync(cluster.NearReplica.ConnectionString(SmallCluster.South));
        Assert.Equal(1, link.OpenConnections);

        link.Cut();

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => connection.ScalarAsync<int>("SELECT 1"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Sql.ExecuteAsync(cluster.NearReplica.ConnectionString(SmallCluster.South), "SELECT 1"));
        Assert.True(link.IsCut);
        Assert.True(link.RefusedConnections >= 1);
        await Eventually.TrueAsync(() => link.OpenConnections == 0);
        // Only this link: the neighbour next door still gets through.
        Assert.Equal(1, await Sql.ScalarAsync<int>(cluster.NearReplica.ConnectionString(SmallCluster.East), "SELECT 1"));

        link.Heal();
        Assert.Equal(1, await Sql.ScalarAsync<int>(cluster.NearReplica.ConnectionString(SmallCluster.South), "SELECT 1"));
    }

    [Fact]
    public async Task Requests_held_on_the_way_to_the_server_are_not_executed_until_the_link_heals()
    {
        await using var watch = await PrepareAsync("held_there");
        var link = cluster.Local.Link(Tokyo, cluster.Primary);
        await using var connection = await Sql.OpenAsync(cluster.Primary.ConnectionString(Tokyo));
        var sent = link.BytesToServer;

        link.Hang(LinkDirection.ToServer);
        var insert = connection.ScalarAsync<object>("INSERT INTO held_there VALUES (1)");
        await Eventually.TrueAsync(() => link.BytesToServer > sent);
        await DelayAsync(link.RoundTrip);
        Assert.Equal(0L, await watch.ScalarAsync<long>("SELECT count(*) FROM held_there"));
        Assert.False(insert.IsCompleted);

        link.Heal();
        await insert;
        Assert.Equal(1L, await watch.ScalarAsync<long>("SELECT count(*) FROM held_there"));
        await watch.ScalarAsync<object>("DROP TABLE held_there");
    }

    [Fact]
    public async Task Answers_held_on_the_way_back_leave_the_client_in_doubt_about_a_commit_that_happened()
    {
        await using var watch = await PrepareAsync("held_back");
        var link = cluster.Local.Link(Tokyo, cluster.Primary);
        await using var connection = await Sql.OpenAsync(cluster.Primary.ConnectionString(Tokyo));

        link.Hang(LinkDirection.ToClient);
        var insert = connection.ScalarAsync<object>("INSERT INTO held_back VALUES (1)");
        await Eventually.TrueAsync(async () => await watch.ScalarAsync<long>("SELECT count(*) FROM held_back") == 1);
        await DelayAsync(link.RoundTrip);
        Assert.False(insert.IsCompleted);

        link.Heal();
        await insert;
        await watch.ScalarAsync<object>("DROP TABLE held_back");
    }

    [Fact]
    public async Task New_connections_on_a_hung_link_hang()
    {
        var link = cluster.Local.Link(Tokyo, cluster.NearReplica);
        link.Hang();
        var opening = Sql.ScalarAsync<int>(cluster.NearReplica.ConnectionString(Tokyo), "SELECT 7");
        await Eventually.TrueAsync(() => link.BytesToServer > 0);
        await DelayAsync(link.RoundTrip * 2);
        Assert.False(opening.IsCompleted);

        link.Heal();
        Assert.Equal(7, await opening);
    }

    [Fact]
    public async Task Much_data_arrives_whole_and_in_order_in_spite_of_jitter_and_holds()
    {
        var link = cluster.Local.Link(Dublin, cluster.NearReplica);
        await using var connection = await Sql.OpenAsync(cluster.NearReplica.ConnectionString(Dublin));
        await using var command = new NpgsqlCommand("SELECT i, repeat(md5(i::text), 20) FROM generate_series(1, 20000) i", connection);

        await using var reader = await command.ExecuteReaderAsync();
        for (var i = 1; i <= 20_000; i++)
        {
            if (i == 5_000) link.Hang();
            if (i == 5_001) link.Heal();
            Assert.True(await reader.ReadAsync());
            Assert.Equal(i, reader.GetInt32(0));
        }

        Assert.False(await reader.ReadAsync());
        Assert.True(link.BytesToClient > 20_000 * 640);
    }

    [Fact]
    public async Task Replication_is_as_far_away_as_its_regions_and_can_be_cut()
    {
        var replica = cluster.SouthReplica;
        var link = cluster.Local.ReplicationLink(replica);
        Assert.Equal(WanLatency.Between(SmallCluster.East, SmallCluster.South).Average, link.RoundTrip);
        Assert.Throws<InvalidOperationException>(() => cluster.Local.ReplicationLink(cluster.Primary));
        await using var there = await Sql.OpenAsync(replica.DirectConnectionString());

        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "CREATE TABLE far (id int)");
        var committed = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(() => there.ScalarAsync<bool>("SELECT to_regclass('far') IS NOT NULL"));
        Assert.InRange(TimeProvider.System.GetElapsedTime(committed), (link.RoundTrip / 2) - TimeSpan.FromMilliseconds(10), link.RoundTrip + TimeSpan.FromMilliseconds(200));

        link.Cut();
        await Sql.ExecuteAsync(cluster.Primary.DirectConnectionString(), "DROP TABLE far");
        await Eventually.TrueAsync(() => there.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')"));
        Assert.True(await there.ScalarAsync<bool>("SELECT to_regclass('far') IS NOT NULL"));

        link.Heal();
        await Eventually.TrueAsync(() => there.ScalarAsync<bool>("SELECT to_regclass('far') IS NULL"));
    }

    [Fact]
    public async Task A_slow_direction_adds_its_time_to_every_answer_until_the_link_heals()
    {
        var link = cluster.Local.Link(SmallCluster.South, cluster.WestReplica);
        link.RoundTrip = TimeSpan.Zero;
        await using var connection = await Sql.OpenAsync(cluster.WestReplica.ConnectionString(SmallCluster.South));

        link.Slow(TimeSpan.FromMilliseconds(60), direction: LinkDirection.ToClient);
        var oneWay = await SamplesAsync(connection, 5);
        link.Slow(TimeSpan.FromMilliseconds(60), TimeSpan.FromMilliseconds(15));
        var bothWays = await SamplesAsync(connection, 21);
        var connecting = TimeProvider.System.GetTimestamp();
        await (await Sql.OpenAsync(cluster.WestReplica.ConnectionString(SmallCluster.South))).DisposeAsync();
        var opened = TimeProvider.System.GetElapsedTime(connecting);
        link.Heal();
        var healed = await SamplesAsync(connection, 21);

        Assert.InRange(oneWay[0].TotalMilliseconds, 60, 110);
        Assert.InRange(bothWays[10].TotalMilliseconds, 105, 170);
        Assert.True(bothWays[^1] - bothWays[0] >= TimeSpan.FromMilliseconds(10), "Jitter spreads the answers.");
        Assert.True(opened >= TimeSpan.FromMilliseconds(360), "The handshake and three more trips are slow too.");
        Assert.True(healed[10] < TimeSpan.FromMilliseconds(50), $"Half took {healed[10].TotalMilliseconds} ms after it was healed.");
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Slow(TimeSpan.FromSeconds(11)));
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Slow(TimeSpan.Zero, TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public async Task A_throttled_direction_carries_so_many_bytes_a_second_and_all_of_them()
    {
        var link = cluster.Local.Link(Tokyo, cluster.WestReplica);
        link.RoundTrip = TimeSpan.Zero;
        await using var connection = await Sql.OpenAsync(cluster.WestReplica.ConnectionString(Tokyo));
        await connection.ScalarAsync<int>("SELECT 1");

        link.Throttle(200_000, LinkDirection.ToClient);
        var begun = TimeProvider.System.GetTimestamp();
        var text = await connection.ScalarAsync<string>("SELECT repeat('0123456789', 10000)");
        var took = TimeProvider.System.GetElapsedTime(begun);
        Assert.Equal(string.Concat(Enumerable.Repeat("0123456789", 10_000)), text);
        Assert.True(took >= TimeSpan.FromSeconds(0.48), $"100,000 bytes took {took.TotalSeconds} s.");

        // What waits when the link heals, doesn't wait for the time that it would have taken.
        link.Throttle(1_000, LinkDirection.ToClient);
        var slow = connection.ScalarAsync<string>("SELECT repeat('0123456789', 10000)");
        await Eventually.TrueAsync(() => link.BytesToClient > 200_000);
        link.Heal();
        Assert.Equal(100_000, (await slow)!.Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => link.Throttle(999));
    }

    [Fact]
    public async Task A_link_that_resets_idle_connections_leaves_busy_ones_alone()
    {
        var link = cluster.Local.Link(Tokyo, cluster.SouthReplica);
        link.RoundTrip = TimeSpan.Zero;
        await using var idle = await Sql.OpenAsync(cluster.SouthReplica.ConnectionString(Tokyo));
        await using var busy = await Sql.OpenAsync(cluster.SouthReplica.ConnectionString(Tokyo));

        link.ResetConnectionsAfter(idle: TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () =>
        {
            await busy.ScalarAsync<int>("SELECT 1");
            return link.OpenConnections == 1;
        });

        Assert.Equal(1, await busy.ScalarAsync<int>("SELECT 1 FROM pg_sleep(2)"));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => idle.ScalarAsync<int>("SELECT 1"));
        Assert.Equal(1, await busy.ScalarAsync<int>("SELECT 1"));
        Assert.Equal(1, await Sql.ScalarAsync<int>(cluster.SouthReplica.ConnectionString(Tokyo), "SELECT 1"));
        link.Heal();
        Assert.Throws<ArgumentException>(() => link.ResetConnectionsAfter());
        Assert.Throws<ArgumentOutOfRangeException>(() => link.ResetConnectionsAfter(bytes: -1));
    }

    [Fact]
    public async Task A_link_that_resets_after_some_bytes_delivers_those_and_lets_others_connect()
    {
        var link = cluster.Local.Link(Dublin, cluster.SouthReplica);
        link.RoundTrip = TimeSpan.Zero;
        await using var connection = await Sql.OpenAsync(cluster.SouthReplica.ConnectionString(Dublin));
        var carried = link.BytesToClient;

        link.ResetConnectionsAfter(bytes: 50_000);
        await using var command = new NpgsqlCommand("SELECT repeat('0123456789', 100) FROM generate_series(1, 100)", connection);
        var rows = 0;
        await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) rows++;
        });

        Assert.InRange(rows, 1, 49);
        Assert.True(link.BytesToClient > carried);
        await using (var next = await Sql.OpenAsync(cluster.SouthReplica.ConnectionString(Dublin)))
        {
            Assert.Equal(1, await next.ScalarAsync<int>("SELECT 1"));
            link.ResetConnections();
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => next.ScalarAsync<int>("SELECT 1"));
        }

        link.Heal();
        Assert.Equal(100_000, (await Sql.ScalarAsync<string>(cluster.SouthReplica.ConnectionString(Dublin), "SELECT repeat('0123456789', 10000)"))!.Length);
    }

    private static async Task<List<TimeSpan>> SamplesAsync(NpgsqlConnection connection, int count)
    {
        var samples = new List<TimeSpan>(count);
        for (var i = 0; i < count; i++)
        {
            var start = TimeProvider.System.GetTimestamp();
            await connection.ScalarAsync<int>("SELECT 1");
            samples.Add(TimeProvider.System.GetElapsedTime(start));
        }

        samples.Sort();
        return samples;
    }

    // That nothing happens can only be seen by giving it the time in which it would.
    private static Task DelayAsync(TimeSpan span)
    {
        var start = TimeProvider.System.GetTimestamp();
        return Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(start) >= span);
    }

    private async Task<NpgsqlConnection> PrepareAsync(string table)
    {
        var connection = await Sql.OpenAsync(cluster.Primary.DirectConnectionString());
        await connection.ScalarAsync<object>($"CREATE TABLE {table} (id int)");
        return connection;
    }
}
