using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Connections;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Poolers;

/// <summary>The library's own pools on real servers.</summary>
public sealed class PoolTests
{
    private static readonly WriteOptions Patient = new() { Timeout = TimeSpan.FromSeconds(40) };

    [Fact]
    public async Task A_pool_whose_places_are_all_taken_says_nothing_against_the_node()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        await using var client = await tier.ClientAsync("us-east-1", static options =>
        {
            options.Shards[0].Endpoints[0].MaxPoolSize = 2;
            options.Health.ProbeTimeout = TimeSpan.FromSeconds(1);
        });
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "locked"));
        await using var holder = await Sql.OpenAsync(tier.Primary.DirectConnectionString());
        await using var transaction = await holder.BeginTransactionAsync();
        await holder.ScalarAsync<object>("SELECT 1 FROM notes WHERE id = 1 FOR UPDATE");
        var waiting = Enumerable.Range(0, 2).Select(_ => notes.UpdateAsync(new Note(1, "late"), options: Patient)).ToArray();
        await Eventually.TrueAsync(async () => await Sql.ScalarAsync<long>(
            tier.Primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 2);

        var reads = Enumerable.Range(0, 4).Select(_ => Assert.ThrowsAsync<ThrottledException>(
            () => notes.FindAsync(1, new ReadOptions { Consistency = ConsistencyLevel.Strong, Timeout = TimeSpan.FromSeconds(4) }).AsTask())).ToArray();
        var throttled = await Assert.ThrowsAsync<ThrottledException>(() => notes.InsertAsync(new Note(2, "no place"), Patient));
        await Task.WhenAll(reads);

        Assert.Equal((true, WriteDisposition.NotApplied), (throttled.IsTransient, throttled.Disposition));
        Assert.Equal(EndpointHealth.Healthy, client.Topology.Shards[0].Endpoints[0].Health);
        Assert.Equal(ShardState.Writable, client.Topology.Shards[0].State);
        await transaction.RollbackAsync();
        await Task.WhenAll(waiting);
        Assert.Equal("late", (await notes.FindAsync(1)).Value?.Text);
    }

    [Fact]
    public async Task All_pools_to_a_region_stay_below_its_ceiling_and_whoever_finds_no_room_is_throttled()
    {
        const int Most = 4;
        await using var tier = await LiveTier.StartAsync("us-east-1", "us-east-1");
        await using var client = await tier.ClientAsync("us-east-1", static options =>
        {
            options.Pools.MaxConnectionsPerRegion = Most;
            options.Shards[0].Endpoints[0].MaxSqlPoolSize = options.Shards[0].Endpoints[1].MaxSqlPoolSize = 1;
        });
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "locked"));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var nodes = new ReadOptions { Nodes = i % 2 == 0 ? NodePreference.PrimaryFirst : NodePreference.ReplicasFirst, Timeout = TimeSpan.FromSeconds(30) };
            Assert.True((await notes.FindAsync(1, nodes)).Found);
        }));
        await Eventually.TrueAsync(async () => await InRegionAsync(tier) <= Most, because: "no more are open");

        await using var holder = await Sql.OpenAsync(tier.Primary.DirectConnectionString());
        await using var transaction = await holder.BeginTransactionAsync();
        await holder.ScalarAsync<object>("SELECT 1 FROM notes WHERE id = 1 FOR UPDATE");
        var waiting = Enumerable.Range(0, Most).Select(_ => notes.UpdateAsync(new Note(1, "late"), options: Patient)).ToArray();
        await Eventually.TrueAsync(async () => await Sql.ScalarAsync<long>(
            tier.Primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == Most);
        await Assert.ThrowsAsync<ThrottledException>(() => notes.InsertAsync(new Note(2, "no room"), Patient));

        Assert.All(client.Topology.Shards[0].Endpoints, static endpoint => Assert.Equal(EndpointHealth.Healthy, endpoint.Health));
        await transaction.RollbackAsync();
        await Task.WhenAll(waiting);
        await Eventually.TrueAsync(async () => await InRegionAsync(tier) <= Most, because: "no more are open afterwards");
    }

    [Fact]
    public async Task A_node_that_was_superseded_keeps_no_idle_connections_and_what_is_at_work_there_goes_on()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var (old, promoted) = (tier.Primary, tier.Replica("us-west-2"));
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await Task.WhenAll(Enumerable.Range(1, 8).Select(i => notes.InsertAsync(new Note(i, "before"))));
        var others = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SqlTier.Writing(client.OpenSession()).OpenConnectionAsync().AsTask()));
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }

        await using var atWork = await SqlTier.Reading(client.OpenSession(), new ReadOptions { Region = old.Region }).OpenConnectionAsync();
        Assert.Equal(old.Name, atWork.DataSource);
        Assert.True(await ConnectionsAsync(old, "WebsiteBuilder.Data sql") > 1);
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(old.DirectConnectionString(), promoted.DirectConnectionString()));

        await promoted.PromoteAsync();
        await Eventually.TrueAsync(() => client.Topology.Shards[0].WriteRegion == promoted.Region, because: "the client follows");

        await Eventually.TrueAsync(async () => await ConnectionsAsync(old, "WebsiteBuilder.Data sql") == 1, because: "only the one at work is left");
        await Eventually.TrueAsync(async () => await ConnectionsAsync(old, "WebsiteBuilder.Data") <= 1, because: "only probes go there");
        Assert.Equal("before", await SqlTier.TextAsync(atWork, 1));
        await atWork.CloseAsync();
        await Eventually.TrueAsync(async () => await ConnectionsAsync(old, "WebsiteBuilder.Data sql") == 0, because: "it is closed when it comes back");
    }

    [Fact]
    public async Task A_node_that_died_and_came_back_is_met_without_dead_connections()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2");
        var replica = tier.Replica("us-west-2");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "one"));
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Endpoint == replica.Name);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => notes.FindAsync(1).AsTask()));

        await replica.KillAsync();
        await Eventually.TrueAsync(() => client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == replica.Name).Health == EndpointHealth.Unhealthy);
        await replica.StartAsync();
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Endpoint == replica.Name);

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => notes.FindAsync(1).AsTask()));
        Assert.All(answers, static answer => Assert.False(answer.Reason.HasFlag(RouteReason.OtherFailed)));
    }

    [Fact]
    public async Task A_connection_that_is_held_for_long_is_reported_once_and_one_that_is_closed_is_not()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        var log = new ListLogger();
        var options = tier.Local.CreateDataOptions(tier.Primary.Region);
        options.Pools.HeldConnectionWarning = TimeSpan.FromMilliseconds(200);
        await using var client = DataClient.Create(options, static entities => entities.Add(Note.Map), log);
        var session = client.OpenSession();
        await (await SqlTier.Writing(session).OpenConnectionAsync()).DisposeAsync();
        Assert.Empty(Reports(log));

        await using var held = await SqlTier.Writing(session).OpenConnectionAsync();
        await using var command = held.CreateCommand();
        command.CommandText = "SELECT 1";
        await using (await command.ExecuteReaderAsync())
        {
            await Eventually.TrueAsync(() => Reports(log).Length == 1);
        }

        await using var later = await SqlTier.Writing(session).OpenConnectionAsync();
        await Eventually.TrueAsync(() => Reports(log).Length == 2);
        Assert.Contains("data source for notes", Reports(log)[0], StringComparison.Ordinal);
        Assert.Contains("with a reader that is open", Reports(log)[0], StringComparison.Ordinal);
        Assert.Contains("without an open reader", Reports(log)[1], StringComparison.Ordinal);
    }

    private static string[] Reports(ListLogger log) => [.. log.Lines.Where(static line => line.Contains("has been open for", StringComparison.Ordinal))];

    private static async Task<long> InRegionAsync(LiveTier tier)
    {
        var open = 0L;
        foreach (var node in tier.Shard.Nodes)
        {
            open += await ConnectionsAsync(node, "WebsiteBuilder.Data") + await ConnectionsAsync(node, "WebsiteBuilder.Data sql");
        }

        return open;
    }

    private static Task<long> ConnectionsAsync(LocalNode node, string application) => Sql.ScalarAsync<long>(
        node.AdminConnectionString(), $"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{application}'");
}
