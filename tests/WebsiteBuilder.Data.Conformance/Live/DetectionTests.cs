using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>Real servers that die, freeze, and slow down, while they are asked and while they aren't.</summary>
public class DetectionTests : LiveTests
{
    // How soon is a benchmark's business; here it counts that nothing has to run out of its own long time first.
    private static readonly TimeSpan BeforeAttemptsRunOut = TimeSpan.FromSeconds(15);

    private static readonly ReadOptions Eventual = new() { Consistency = ConsistencyLevel.Eventual };

    [Theory]
    [InlineData("killed")]
    [InlineData("frozen")]
    [InlineData("behind a black hole")]
    public async Task A_replica_that_is_gone_is_out_of_rotation_and_back_when_it_answers(string how)
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2", Patient);
        var gone = tier.Shard.Nodes.First(static node => node.InitialRole == NodeRole.Replica);
        await client.OpenSession().Repository<Note, long>().InsertAsync(new Note(1, "one"), new WriteOptions { Durability = WriteDurability.Local });
        await Eventually.TrueAsync(async () => (await ReadAsync(client)).Found);

        await BreakAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.True((await ReadAsync(client)).Found);
                return HealthOf(client, gone) == EndpointHealth.Unhealthy;
            },
            BeforeAttemptsRunOut,
            "it is out of rotation");
        for (var i = 0; i < 20; i++)
        {
            Assert.NotEqual(gone.Name, (await ReadAsync(client)).Endpoint);
        }

        await MendAsync();
        await Eventually.TrueAsync(() => HealthOf(client, gone) == EndpointHealth.Healthy, TimeSpan.FromSeconds(60), "it is back");

        Task BreakAsync()
        {
            switch (how)
            {
                case "killed":
                    return gone.KillAsync();
                case "frozen":
                    return gone.FreezeAsync();
                default:
                    tier.Local.Link(RegionId.Parse("us-west-2"), gone).Hang();
                    return Task.CompletedTask;
            }
        }

        Task MendAsync()
        {
            switch (how)
            {
                case "killed":
                    return gone.StartAsync();
                case "frozen":
                    return gone.ThawAsync();
                default:
                    tier.Local.Link(RegionId.Parse("us-west-2"), gone).Heal();
                    return Task.CompletedTask;
            }
        }
    }

    [Fact]
    public async Task A_frozen_primary_is_noticed_although_nobody_asks_it()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2", Patient);

        await tier.Primary.FreezeAsync();

        await Eventually.TrueAsync(() => client.Topology.Shards[0].State == ShardState.NoPrimary, BeforeAttemptsRunOut, "its samples are missed");
        await tier.Primary.ThawAsync();
        await Eventually.TrueAsync(() => client.Topology.Shards[0].State == ShardState.Writable, TimeSpan.FromSeconds(60), "it answers again");
    }

    [Fact]
    public async Task Slow_queries_take_nobody_out_of_rotation_although_all_connections_wait_for_them()
    {
        await using var tier = await StartAsync("us-east-1");
        await using var client = await tier.ClientAsync("us-east-1", static options =>
        {
            Patient(options);
            options.Shards[0].Endpoints[0].MaxPoolSize = 4;
        });
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "locked"));
        var seen = 0;
        await using var holder = await Sql.OpenAsync(tier.Primary.DirectConnectionString());
        await using (var transaction = await holder.BeginTransactionAsync())
        {
            await using (var command = new Npgsql.NpgsqlCommand("SELECT 1 FROM notes WHERE id = 1 FOR UPDATE", holder, transaction))
            {
                await command.ExecuteScalarAsync();
            }

            var waiting = Enumerable.Range(0, 4).Select(_ => notes.UpdateAsync(new Note(1, "free"))).ToArray();
            var since = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(
                () =>
                {
                    seen += HealthOf(client, tier.Primary) == EndpointHealth.Healthy ? 0 : 1;
                    return TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(2);
                },
                TimeSpan.FromSeconds(20),
                "two seconds pass");
            await transaction.RollbackAsync();
            await Task.WhenAll(waiting);
        }

        Assert.Equal(0, seen);
    }

    private static async Task<ReadResult<Note?>> ReadAsync(DataClient client) => await client.OpenSession().Repository<Note, long>().FindAsync(1, Eventual);

    /// <summary>Attempts and probes that would run out of time on their own do so later than any of these tests waits.</summary>
    private static void Patient(DataOptions options)
    {
        options.Routing.AttemptTimeout = TimeSpan.FromMinutes(1);
        options.DefaultTimeout = TimeSpan.FromMinutes(1);
        options.Health.ProbeTimeout = TimeSpan.FromMinutes(1);
        options.Health.SilenceTimeout = TimeSpan.FromMilliseconds(500);
    }

    private static EndpointHealth HealthOf(DataClient client, LocalNode node) =>
        client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == node.Name).Health;
}
