using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>One replica of three that is slow: because the way to it is, so that it is far, or because it is itself, so that it is set aside.</summary>
public class SlowNodeTests : LiveTests
{
    private const string Home = "us-west-2";

    /// <summary>A look at the notes that takes long at the nodes that are listed, which is all that is slow about them.</summary>
    private const string CreateSlowNotes = """
        CREATE TABLE slow_at (port integer PRIMARY KEY);
        CREATE FUNCTION text_here(text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
        BEGIN
            IF EXISTS (SELECT FROM slow_at WHERE port = inet_server_port()) THEN PERFORM pg_sleep(0.15); END IF;
            RETURN $1;
        END $$;
        CREATE VIEW slow_notes AS SELECT id, text_here(text) AS text, version FROM notes;
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly ReadOptions Eventual = new() { Consistency = ConsistencyLevel.Eventual, Nodes = NodePreference.ReplicasOnly };

    [Fact]
    public async Task Reads_leave_a_replica_behind_a_slow_link_and_are_back_when_it_is_mended()
    {
        await using var tier = await StartAsync("us-east-1", Home, Home, Home);
        var slow = tier.Shard.Nodes.First(static node => node.InitialRole == NodeRole.Replica);
        await using var client = await tier.ClientAsync(Home, Patient);
        await client.OpenSession().Repository<Note, long>().InsertAsync(new Note(1, "one"), new WriteOptions { Durability = WriteDurability.Local });
        await Eventually.TrueAsync(async () => await ReadAsync(client) is { Found: true } read && read.Endpoint == slow.Name, Patience, "it takes part");

        var link = tier.Local.Link(RegionId.Parse(Home), slow);
        link.Slow(TimeSpan.FromMilliseconds(50));
        await Eventually.TrueAsync(() => AllAsync(client, read => read.Endpoint != slow.Name), Patience, "reads have left it");

        // It is farther than others now, and not out of order.
        Assert.Equal(EndpointHealth.Healthy, client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == slow.Name).Health);

        link.Heal();
        await Eventually.TrueAsync(async () => (await ReadAsync(client)).Endpoint == slow.Name, Patience, "it takes part again");
    }

    [Fact]
    public async Task A_replica_that_answers_much_more_slowly_than_its_peers_is_set_aside_and_is_back_when_it_no_longer_does()
    {
        await using var tier = await StartAsync("us-east-1", Home, Home, Home);
        var slow = tier.Shard.Nodes.First(static node => node.InitialRole == NodeRole.Replica);
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), CreateSlowNotes);
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "INSERT INTO notes VALUES (1, 'one', 1)");
        var options = tier.Local.CreateDataOptions(RegionId.Parse(Home));
        options.SchemaDrift = SchemaDriftResponse.Ignore;
        Patient(options);
        await using var client = DataClient.Create(options, static entities => entities.Add(SlowNotes));
        await Eventually.TrueAsync(async () => await ReadAsync(client) is { Found: true } read && read.Endpoint == slow.Name, Patience, "it takes part");

        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), $"INSERT INTO slow_at VALUES ({slow.Port})");
        await Eventually.TrueAsync(
            () => AllAsync(client, read => read.Endpoint != slow.Name && read.Reason.HasFlag(RouteReason.OtherSetAside)), Patience, "it is set aside");
        Assert.Equal(EndpointHealth.Healthy, client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == slow.Name).Health);

        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "DELETE FROM slow_at");
        await Eventually.TrueAsync(async () => (await ReadAsync(client)).Endpoint == slow.Name, Patience, "its hold is over, and it takes part again");
        await Eventually.TrueAsync(() => AllAsync(client, static read => !read.Reason.HasFlag(RouteReason.OtherSetAside)), Patience, "and nobody is set aside any more");
    }

    private static EntityMap<Note, long> SlowNotes { get; } = EntityMap.Create<Note, long>("slow_notes", static note => note.Id, static map =>
    {
        var id = map.Key("id", static note => note.Id, static key => key);
        var text = map.Column("text", static note => note.Text);
        var version = map.Version("version", static note => note.Version);
        return row => new Note(row.Get(id), row.Get(text)) { Version = row.Get(version) };
    });

    private static async Task<ReadResult<Note?>> ReadAsync(DataClient client) => await client.OpenSession().Repository<Note, long>().FindAsync(1, Eventual);

    /// <summary>Reads go where the plan says, and to nobody else besides; what takes long on a busy machine isn't taken for silence.</summary>
    private static void Patient(DataOptions options)
    {
        options.Routing.HedgeReads = false;
        options.Health.SilenceTimeout = TimeSpan.FromSeconds(10);
    }

    private static async Task<bool> AllAsync(DataClient client, Predicate<ReadResult<Note?>> expected)
    {
        for (var i = 0; i < 30; i++)
        {
            if (!expected(await ReadAsync(client)))
            {
                return false;
            }
        }

        return true;
    }
}
