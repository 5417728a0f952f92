using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Conformance.Traps;

/// <summary>Nodes that are no longer, or were never, what they seem to be.</summary>
public class HistoryTraps : LiveTests
{
    private static readonly ReadOptions Eventual = new() { Consistency = ConsistencyLevel.Eventual };

    [Fact]
    public async Task A_connection_that_survives_a_promotion_does_not_answer_for_the_old_history()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var promoted = tier.Replica("us-west-2");
        var store = tier.Store(promoted);
        var old = await tier.Store(tier.Primary).ReadHistoryAsync(default);
        await Eventually.TrueAsync(async () => (await store.FindAsync(Note.Map, 1, default, default)).Stamp.History == old.Id);

        await promoted.PromoteAsync();
        await Sql.ExecuteAsync(promoted.DirectConnectionString(), "INSERT INTO notes (id, text) VALUES (1, 'after the promotion')");
        var unnamed = await FindAsync();
        var named = await store.ReadHistoryAsync(default);
        var known = await store.FindAsync(Note.Map, 1, default, default);

        Assert.True(unnamed.Stamp.IsPrimary);
        Assert.True(unnamed.Stamp.History.IsNone);
        Assert.NotEqual(old.Id, named.Id);
        Assert.Equal(2u, named.Timeline);
        Assert.Equal(named.Id, known.Stamp.History);
        Assert.NotNull(named.SharedWith(old.Id));

        // A promotion may be quicker than a look is old: the read that meets it first is refused, and the next one looks anew.
        async Task<StoreRead<Note?>> FindAsync()
        {
            try
            {
                return await store.FindAsync(Note.Map, 1, default, default);
            }
            catch (StoreFaultException fault) when (fault.Kind == StoreFaultKind.WrongRole)
            {
                return await store.FindAsync(Note.Map, 1, default, default);
            }
        }
    }

    [Fact]
    public async Task A_write_to_a_node_that_was_promoted_behind_the_clients_back_is_refused_by_the_node()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var store = tier.Store(tier.Primary);
        var history = await store.ReadHistoryAsync(default);
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), "INSERT INTO wbd.history (timeline, id) VALUES (2, 7)");

        var fault = await Assert.ThrowsAsync<StoreFaultException>(() => store.WriteAsync(
            Note.Map,
            new EntityWrite<Note, long>(EntityWriteKind.Insert, 1, new Note(1, "refused"), null),
            new WriteGuard(history.Id, WriteDurability.Local),
            default));

        Assert.Equal(StoreFaultKind.WrongRole, fault.Kind);
        Assert.Equal(WriteDisposition.NotApplied, fault.Disposition);
        Assert.Equal(0L, await Sql.ScalarAsync<long>(tier.Primary.DirectConnectionString(), "SELECT count(*) FROM notes"));
    }

    [Fact]
    public async Task A_replica_of_a_diverged_primary_answers_nobody()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var old = tier.Primary;
        var promoted = tier.Replica("us-west-2");
        var diverged = tier.Replica("sa-east-1");
        await using var client = await tier.ClientAsync("sa-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "common"));
        await Eventually.TrueAsync(async () => (await notes.FindAsync(1)).Endpoint == diverged.Name);

        await tier.Shard.DivergeAsync(promoted, (connection, _) => connection.ScalarAsync<object>("UPDATE notes SET text = 'diverged' WHERE id = 1"));
        await old.HealAsync();
        await Eventually.TrueAsync(async () =>
            await Sql.ScalarAsync<string>(diverged.DirectConnectionString(), "SELECT text FROM notes WHERE id = 1") == "diverged");
        await Eventually.TrueAsync(() => client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == promoted.Name).Role == EndpointRole.Primary);

        var fresh = client.OpenSession().Repository<Note, long>();
        foreach (var options in new[] { null, Eventual, new ReadOptions { Consistency = ConsistencyLevel.Strong } })
        {
            var read = await fresh.FindAsync(1, options);
            Assert.Equal("common", read.Value!.Text);
            Assert.Equal(promoted.Name, read.Endpoint);
        }
    }

    [Fact]
    public async Task An_old_primary_that_comes_back_gets_no_writes()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var old = tier.Primary;
        var promoted = tier.Replica("us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "before"));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(old.DirectConnectionString(), promoted.DirectConnectionString()));
        await old.KillAsync();
        await promoted.PromoteAsync();

        // A write that a pooler held for the old primary would be in doubt.
        await Eventually.TrueAsync(() => client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == promoted.Name).Role == EndpointRole.Primary);
        await notes.InsertAsync(new Note(2, "on the new primary"));

        await old.StartAsync();
        await Eventually.TrueAsync(() => client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == old.Name).Role == EndpointRole.Superseded);
        for (var id = 3; id < 20; id++)
        {
            await notes.InsertAsync(new Note(id, "on the new primary"));
        }

        Assert.Equal(1L, await Sql.ScalarAsync<long>(old.DirectConnectionString(), "SELECT count(*) FROM notes"));
        Assert.Equal(19L, await Sql.ScalarAsync<long>(promoted.DirectConnectionString(), "SELECT count(*) FROM notes"));
    }

    [Fact]
    public async Task A_node_that_was_promoted_while_it_was_asked_does_not_name_the_timeline_that_it_has_left()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        var west = tier.Replica("us-west-2");
        await tier.Primary.KillAsync();
        await west.PromoteAsync();
        await using var connection = await Sql.OpenAsync(west.DirectConnectionString());

        await HistoryNames.GiveAsync(connection, 1, new HistoryId(11), CancellationToken.None);
        Assert.Empty(await HistoryNames.ReadAsync(connection, CancellationToken.None));

        await HistoryNames.GiveAsync(connection, 2, new HistoryId(22), CancellationToken.None);
        await HistoryNames.GiveAsync(connection, 2, new HistoryId(33), CancellationToken.None);
        Assert.Equal([new(2, new HistoryId(22))], await HistoryNames.ReadAsync(connection, CancellationToken.None));
    }

    [Fact]
    public async Task A_node_promoted_before_it_heard_the_name_of_the_history_before_is_followed_once_nobody_leads_that_one()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var west = tier.Replica("us-west-2");
        var south = tier.Replica("sa-east-1");
        await tier.Store(tier.Primary).ReadHistoryAsync(default);
        foreach (var replica in new[] { west, south })
        {
            await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), replica.DirectConnectionString()));
        }

        // The third node has the beginning of the second history, and not yet its name.
        await tier.Primary.KillAsync();
        await west.PromoteAsync();
        await south.FollowAsync(west);
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(west.DirectConnectionString(), south.DirectConnectionString()));
        await south.StopAsync();
        await using var client = await ClientAsync(tier, west);
        await west.KillAsync();
        await south.StartAsync();
        await south.PromoteAsync();

        var notes = client.OpenSession().Repository<Note, long>();
        await Eventually.TrueAsync(() => client.Topology.Shards[0] is { State: ShardState.Writable } shard && shard.Endpoints.Single(static endpoint => endpoint.Role == EndpointRole.Primary).Name == south.Name);
        await notes.InsertAsync(new Note(1, "on the third history"));
        await west.StartAsync();
        await Eventually.TrueAsync(() => client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == west.Name) is { Role: EndpointRole.Superseded, Health: EndpointHealth.Healthy });
        await notes.InsertAsync(new Note(2, "on the third history"));
        Assert.Equal(2L, await Sql.ScalarAsync<long>(south.DirectConnectionString(), "SELECT count(*) FROM notes"));
    }

    [Fact]
    public async Task Two_nodes_promoted_at_one_position_to_one_timeline_number_are_told_apart_and_writes_stop()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        var west = tier.Replica("us-west-2");
        var south = tier.Replica("sa-east-1");
        await using var client = await tier.ClientAsync("us-west-2");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "common"));
        foreach (var replica in new[] { west, south })
        {
            await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), replica.DirectConnectionString()));
        }

        await tier.Primary.KillAsync();
        await west.PromoteAsync();
        await south.PromoteAsync();

        var one = await tier.Store(west).ReadHistoryAsync(default);
        var other = await tier.Store(south).ReadHistoryAsync(default);
        Assert.Equal(one.Timeline, other.Timeline);
        Assert.Equal(one.FirstSwitch, other.FirstSwitch);
        Assert.NotEqual(one.Id, other.Id);
        await Eventually.TrueAsync(() => client.Topology.Shards[0].State == ShardState.TwinPrimaries);
        var refused = await Assert.ThrowsAsync<NoEligibleRegionException>(
            () => notes.InsertAsync(new Note(2, "to whom?"), new WriteOptions { Timeout = TimeSpan.FromMilliseconds(300) }));
        Assert.Equal(WriteDisposition.NotApplied, refused.Disposition);

        // One of them is made a replica of the other: that withdraws its claim.
        await south.RejoinAsync(west);
        await Eventually.TrueAsync(() => client.Topology.Shards[0].State == ShardState.Writable);
        Assert.Equal(west.Region, (await notes.InsertAsync(new Note(2, "to west"))).Region);
    }

    [Fact]
    public async Task After_a_conflict_the_session_sees_what_contradicted_its_write()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2");
        var writer = client.OpenSession().Repository<Note, long>();
        var other = client.OpenSession().Repository<Note, long>();
        await writer.InsertAsync(new Note(1, "first"));
        await Eventually.TrueAsync(async () => await other.FindAsync(1) is { Found: true, Source: AnswerSource.Replica });
        await tier.Replica("us-west-2").PauseReplayAsync();
        await writer.UpdateAsync(new Note(1, "second"), expectedVersion: 1);
        await writer.InsertAsync(new Note(2, "new"));

        var mismatch = await Assert.ThrowsAsync<ConflictException>(() => other.UpdateAsync(new Note(1, "mine"), expectedVersion: 1));
        Assert.Equal(ConflictKind.VersionMismatch, mismatch.Kind);
        Assert.Equal("second", (await other.FindAsync(1)).Value!.Text);
        var third = client.OpenSession().Repository<Note, long>();
        var exists = await Assert.ThrowsAsync<ConflictException>(() => third.InsertAsync(new Note(2, "mine")));
        Assert.Equal(ConflictKind.AlreadyExists, exists.Kind);
        Assert.Equal("new", (await third.FindAsync(2)).Value!.Text);
    }

    /// <summary>A client that has met one primary; the other nodes are away.</summary>
    private static async Task<DataClient> ClientAsync(LiveTier tier, LocalNode primary)
    {
        var options = tier.Local.CreateDataOptions(primary.Region);
        options.Health.ProbeInterval = TimeSpan.FromMilliseconds(200);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
        var client = DataClient.Create(options, static entities => entities.Add(Note.Map));
        await Eventually.TrueAsync(() => client.Topology.Shards[0].State == ShardState.Writable);
        return client;
    }
}
