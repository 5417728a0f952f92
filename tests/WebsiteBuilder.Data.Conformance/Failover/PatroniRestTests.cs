using System.Globalization;
using Npgsql;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using WebsiteBuilder.Data.Conformance.Poolers;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>Clients that ask Patroni, beside those that don't. All are idle: with traffic, failures are faster than any question.</summary>
public sealed class PatroniRestTests(ITestOutputHelper output)
{
    /// <summary>Names how many rounds are run, with all that is measured; one round, with what it takes to pass, by default.</summary>
    private const string RoundsVariable = "WBD_PATRONI_ROUNDS";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly RegionId Here = RegionId.Parse("eu-west-1");

    [Fact]
    public async Task A_leader_that_is_promoted_beside_a_primary_that_goes_on_is_found_by_asking_alone()
    {
        await using var cluster = await StartAsync();

        // Nothing fails, and no probe is due while this test runs.
        await using var client = await ClientAsync(cluster, static node => node.RestUrl, TimeSpan.FromHours(1));
        var notes = client.OpenSession().Repository<Note, long>();
        var options = new WriteOptions { Durability = WriteDurability.Local };
        await notes.InsertAsync(new Note(1, "at the old one"), options);
        var old = (await cluster.FindLeaderAsync())!;
        await CaughtUpAsync(old);
        var following = FollowedAsync(client, old);

        await old.KillAgentAsync();
        await following;
        await notes.InsertAsync(new Note(2, "at the new one"), options);

        Assert.False(await Sql.ScalarAsync<bool>(old.AdminConnectionString(), "SELECT pg_is_in_recovery()"), "The old one takes writes still: that is the point.");
        Assert.Equal(1L, await Sql.ScalarAsync<long>(old.ConnectionString(), "SELECT count(*) FROM notes"));
        Assert.Equal(2L, await Sql.ScalarAsync<long>((await cluster.FindLeaderAsync())!.ConnectionString(), "SELECT count(*) FROM notes"));
    }

    [Fact]
    public async Task Idle_clients_follow_whoever_is_promoted_whether_they_ask_or_not()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable(RoundsVariable) ?? "1", CultureInfo.InvariantCulture);
        var isMeasured = Environment.GetEnvironmentVariable(RoundsVariable) is not null;
        await using var cluster = await StartAsync();
        await using var asking = await ClientAsync(cluster, static node => node.RestUrl);
        await using var usual = await ClientAsync(cluster, static _ => null);
        var took = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        for (var round = 0; round < rounds; round++)
        {
            await FollowAsync("switchover", (leader, next) => cluster.SwitchoverAsync(next), usualToo: true);
            await FollowAsync("kill -9 of the leader", static (leader, _) => leader.KillAsync(), usualToo: true);

            // Nothing fails here, and the old primary answers samples.
            await FollowAsync("kill -9 of Patroni alone", static (leader, _) => leader.KillAgentAsync(), usualToo: isMeasured);
        }

        foreach (var (what, times) in took)
        {
            times.Sort();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {times[times.Count / 2]:0} ms in the middle, {times[0]:0} to {times[^1]:0}, of {times.Count}"));
        }

        async Task FollowAsync(string what, Func<PatroniNode, PatroniNode, Task> act, bool usualToo)
        {
            await cluster.WaitUntilSettledAsync(replicas: 2);
            var leader = (await cluster.FindLeaderAsync())!;
            await CaughtUpAsync(leader);
            await KnowsAsync(asking, leader);
            await KnowsAsync(usual, leader);
            var promoted = PromotedAsync(cluster, leader);
            var following = new List<(string Who, Task<long> At)> { ("asking", FollowedAsync(asking, leader)) };
            if (usualToo)
            {
                following.Add(("usual", FollowedAsync(usual, leader)));
            }

            await act(leader, cluster.Nodes.First(node => node != leader));
            var from = await promoted;
            foreach (var (who, at) in following)
            {
                if (!took.TryGetValue($"{what}, {who}", out var times))
                {
                    times = took[$"{what}, {who}"] = [];
                }

                times.Add(TimeProvider.System.GetElapsedTime(from, await at).TotalMilliseconds);
            }

            if (!what.StartsWith("switchover", StringComparison.Ordinal))
            {
                await leader.KillAsync();
                await leader.StartAsync();
            }
        }
    }

    [Fact]
    public async Task Members_that_hang_are_passed_over_and_without_any_member_clients_go_on_by_what_nodes_say()
    {
        await using var cluster = await StartAsync();
        var fronts = cluster.Nodes.ToDictionary(static node => node.Name, static node => new RestFront(node.RestUrl), StringComparer.Ordinal);
        try
        {
            using var log = new ListLogger();
            await using var client = await ClientAsync(cluster, node => fronts[node.Name].Url, log: log);
            await Eventually.TrueAsync(() => fronts.Values.Any(static front => front.Carried > 1), Patience, "one is asked, and asked again");
            var first = fronts.Values.First(static front => front.Carried > 1);
            first.IsHanging = true;
            await Eventually.TrueAsync(() => fronts.Values.Any(front => front != first && front.Carried > 1), Patience, "another one is asked instead, and asked again");
            await SwitchOverAsync();

            foreach (var front in fronts.Values)
            {
                (front.IsHanging, front.IsGone) = (false, true);
            }

            await Eventually.TrueAsync(() => log.Lines.Any(static line => line.Contains("answers at none", StringComparison.Ordinal)), Patience, "it is said that nobody can be asked");
            await SwitchOverAsync();
            await client.OpenSession().Repository<Note, long>().UpsertAsync(new Note(1, "note"), new WriteOptions { Durability = WriteDurability.Local });

            async Task SwitchOverAsync()
            {
                await cluster.WaitUntilSettledAsync(replicas: 2);
                var leader = (await cluster.FindLeaderAsync())!;
                await CaughtUpAsync(leader);
                await KnowsAsync(client, leader);
                var next = cluster.Nodes.First(node => node != leader);
                await cluster.SwitchoverAsync(next);
                await KnowsAsync(client, next);
            }
        }
        finally
        {
            foreach (var front in fronts.Values)
            {
                front.Dispose();
            }
        }
    }

    private static async Task<PatroniCluster> StartAsync()
    {
        var cluster = await PatroniCluster.StartAsync(new LocalClusterOptions { InstallMissingServers = true });
        try
        {
            await DataClient.MigrateAsync(cluster.CreateDataOptions(Here));
            await Sql.ExecuteAsync((await cluster.FindLeaderAsync())!.ConnectionString(), Note.CreateTable);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>All other settings are the defaults.</summary>
    private static async Task<DataClient> ClientAsync(PatroniCluster cluster, Func<PatroniNode, Uri?> rest, TimeSpan? probes = null, ListLogger? log = null)
    {
        var options = cluster.CreateDataOptions(Here);
        options.Health.ProbeInterval = probes ?? options.Health.ProbeInterval;
        options.Health.RecheckInterval = probes ?? options.Health.RecheckInterval;
        for (var i = 0; i < cluster.Nodes.Count; i++)
        {
            options.Shards[0].Endpoints[i].PatroniUrl = rest(cluster.Nodes[i]);
        }

        var client = DataClient.Create(options, static entities => entities.Add(Note.Map), log);
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        return client;
    }

    /// <summary>What a promotion loses is told, and not these tests' matter: all must have what the leader has.</summary>
    private static Task CaughtUpAsync(PatroniNode leader) => Eventually.TrueAsync(
        () => Sql.ScalarAsync<bool>(
            leader.AdminConnectionString(), "SELECT count(*) = 2 FROM pg_stat_replication WHERE state = 'streaming' AND replay_lsn >= pg_current_wal_flush_lsn()"),
        Patience,
        "both replicas have caught up");

    private static string? PrimaryOf(DataClient client) => client.Topology.Shards[0] is { State: ShardState.Writable } shard
        ? shard.Endpoints.FirstOrDefault(static endpoint => endpoint.Role == EndpointRole.Primary)?.Name
        : null;

    private static Task KnowsAsync(DataClient client, PatroniNode leader) =>
        Eventually.TrueAsync(() => PrimaryOf(client) == leader.Name, Patience, $"the client writes at {leader}");

    /// <summary>When a client writes somewhere else.</summary>
    private static async Task<long> FollowedAsync(DataClient client, PatroniNode than)
    {
        await Eventually.TrueAsync(() => PrimaryOf(client) is { } primary && primary != than.Name, Patience, $"the client has left {than}");
        return TimeProvider.System.GetTimestamp();
    }

    /// <summary>When another server takes writes.</summary>
    private static async Task<long> PromotedAsync(PatroniCluster cluster, PatroniNode than)
    {
        await Eventually.TrueAsync(
            async () =>
            {
                foreach (var node in cluster.Nodes.Where(node => node != than))
                {
                    try
                    {
                        if (!await Sql.ScalarAsync<bool>(node.AdminConnectionString(), "SELECT pg_is_in_recovery()"))
                        {
                            return true;
                        }
                    }
                    catch (NpgsqlException)
                    {
                        // It may be restarted to follow.
                    }
                }

                return false;
            },
            Patience,
            $"somebody else than {than} is promoted");
        return TimeProvider.System.GetTimestamp();
    }
}
