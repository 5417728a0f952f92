using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>A client behind an engine that promotes by itself needs to be told nothing: it finds out who is primary by asking the nodes.</summary>
public sealed class PatroniTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_client_follows_switchovers_and_failovers_and_writes_on_one_history_when_an_old_primary_goes_on_unwatched()
    {
        await using var cluster = await PatroniCluster.StartAsync(new LocalClusterOptions { InstallMissingServers = true });
        var options = cluster.CreateDataOptions(RegionId.Parse("eu-west-1"));
        options.Health.ProbeInterval = TimeSpan.FromMilliseconds(500);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
        options.Health.ProbeTimeout = TimeSpan.FromSeconds(2);
        await DataClient.MigrateAsync(options);
        await Sql.ExecuteAsync((await cluster.FindLeaderAsync())!.ConnectionString(), Note.CreateTable);
        await using var client = DataClient.Create(options, static entities => entities.Add(Note.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        await WriteAsync(client, 1);

        // Planned.
        var first = (await cluster.FindLeaderAsync())!;
        var second = cluster.Nodes.First(node => node != first);
        await CaughtUpAsync(first);
        await cluster.SwitchoverAsync(second);
        output.WriteLine($"after a switchover the first write took {await WriteAsync(client, 2)}");
        Assert.Equal(1L, await CountAsync(second, 2));
        await cluster.WaitUntilSettledAsync(replicas: 2);
        await CaughtUpAsync(second);

        // The machine of the leader dies.
        await second.KillAsync();
        output.WriteLine($"after kill -9 of the leader the first write took {await WriteAsync(client, 3)}, the engine's own time included");
        var third = (await cluster.FindLeaderAsync())!;
        Assert.NotEqual(second, third);
        Assert.Equal(1L, await CountAsync(third, 3));
        await second.StartAsync();
        await cluster.WaitUntilSettledAsync(replicas: 2);

        await CaughtUpAsync(third);

        // Only the agent dies: its server goes on as a primary beside the new one.
        await third.KillAgentAsync();
        await Eventually.TrueAsync(
            async () => await cluster.FindLeaderAsync() is { } leader && leader != third, TimeSpan.FromSeconds(30), "somebody else is the leader");
        var fourth = (await cluster.FindLeaderAsync())!;
        string? seen = null;
        await Eventually.TrueAsync(
            () =>
            {
                var shard = client.Topology.Shards[0];
                var now = $"{shard.State}: {string.Join(", ", shard.Endpoints.Select(static endpoint => $"{endpoint.Name} {endpoint.Role} {endpoint.Health}"))}";
                if (seen != now)
                {
                    output.WriteLine(seen = now);
                }

                return shard.Endpoints.Any(endpoint => endpoint.Name == fourth.Name && endpoint.Role == EndpointRole.Primary);
            },
            TimeSpan.FromSeconds(20),
            $"the client has found {fourth}, which was promoted beside {third}");

        Assert.False(await Sql.ScalarAsync<bool>(third.AdminConnectionString(), "SELECT pg_is_in_recovery()"), "The old one takes writes still: that is the point.");
        for (var id = 4L; id < 24; id++)
        {
            await WriteAsync(client, id);
        }

        Assert.Equal(20L, await Sql.ScalarAsync<long>(fourth.ConnectionString(), "SELECT count(*) FROM notes WHERE id >= 4"));
        Assert.Equal(0L, await Sql.ScalarAsync<long>(third.ConnectionString(), "SELECT count(*) FROM notes WHERE id >= 4"));
        Assert.Equal(EndpointRole.Superseded, client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == third.Name).Role);
    }

    /// <summary>What a promotion loses is told, and not this test's matter: all must have what the leader has.</summary>
    private static Task CaughtUpAsync(PatroniNode leader) => Eventually.TrueAsync(
        () => Sql.ScalarAsync<bool>(
            leader.AdminConnectionString(), "SELECT count(*) = 2 FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_flush_lsn()"),
        TimeSpan.FromSeconds(20),
        "both replicas have caught up");

    private static Task<long> CountAsync(PatroniNode node, long id) => Sql.ScalarAsync<long>(node.ConnectionString(), $"SELECT count(*) FROM notes WHERE id = {id}");

    /// <summary>One call: it waits for a primary by itself.</summary>
    private async Task<TimeSpan> WriteAsync(DataClient client, long id)
    {
        var begun = TimeProvider.System.GetTimestamp();
        var notes = client.OpenSession().Repository<Note, long>();
        var options = new WriteOptions { Timeout = TimeSpan.FromSeconds(40), Durability = WriteDurability.Local };
        try
        {
            await notes.UpsertAsync(new Note(id, "note"), options);
        }
        catch (NoEligibleRegionException refused)
        {
            output.WriteLine($"{client.Topology.Shards[0].State}: {string.Join(", ", refused.Excluded.Select(static why => $"{why.Value} {why.Key}"))}");
            output.WriteLine(string.Join(", ", client.Topology.Shards[0].Endpoints.Select(static endpoint => $"{endpoint.Name} {endpoint.Role} {endpoint.Health}")));
            throw;
        }
        catch (AmbiguousWriteException)
        {
            // It was on its way when the server died. Whatever became of it, this leaves the same row.
            await client.OpenSession().Repository<Note, long>().UpsertAsync(new Note(id, "note"), options);
        }

        return TimeProvider.System.GetElapsedTime(begun);
    }
}
