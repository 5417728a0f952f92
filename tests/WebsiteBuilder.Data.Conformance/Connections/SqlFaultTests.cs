using System.Data;
using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Connections;

/// <summary>Nodes that fail, or change what they are, under an open connection.</summary>
public class SqlFaultTests : LiveTests
{
    [Fact]
    public async Task A_connection_killed_while_its_commit_waits_is_ambiguous_and_so_is_a_statement_that_commits_by_itself()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var session = client.OpenSession();
        var standby = tier.Replica("us-west-2");
        await using var connection = await SqlTier.Writing(session).OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SqlTier.ExecuteAsync(connection, "INSERT INTO notes (id, text) VALUES (1, 'perhaps')", transaction);
        await using var alone = await SqlTier.Writing(session).OpenConnectionAsync();
        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        await standby.FreezeAsync();

        var committing = transaction.CommitAsync();
        var inserting = SqlTier.ExecuteAsync(alone, "INSERT INTO notes (id, text) VALUES (2, 'perhaps')");
        await Eventually.TrueAsync(async () => await Sql.ScalarAsync<long>(
            tier.Primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == 2);
        tier.Local.Link(RegionId.Parse("us-east-1"), tier.Primary).ResetConnections();

        var commit = await Assert.ThrowsAsync<AmbiguousWriteException>(() => committing);
        var insert = await Assert.ThrowsAsync<AmbiguousWriteException>(() => inserting);

        Assert.Equal((WriteDisposition.Ambiguous, "notes.sql-commit"), (commit.Disposition, commit.Operation));
        Assert.IsAssignableFrom<NpgsqlException>(commit.InnerException);
        Assert.Equal(WriteDisposition.Ambiguous, insert.Disposition);
        Assert.Equal(ConnectionState.Closed, connection.State);
        await standby.ThawAsync();
    }

    [Fact]
    public async Task A_commit_that_waits_for_a_standby_in_vain_is_committed_and_says_how_far_it_got()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var session = client.OpenSession();
        var standby = tier.Replica("us-west-2");
        await using var connection = await SqlTier.Writing(session, new WriteOptions { Timeout = TimeSpan.FromSeconds(1) }).OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await SqlTier.ExecuteAsync(connection, "INSERT INTO notes (id, text) VALUES (1, 'not replicated')", transaction);
        await tier.Primary.SetSynchronousStandbysAsync(standby.ApplicationName);
        await standby.FreezeAsync();

        await transaction.CommitAsync();

        Assert.Equal(WriteDurability.Local, connection.Reached);
        Assert.Equal("not replicated", await SqlTier.TextAsync(connection, 1));
        await standby.ThawAsync();
        Assert.Equal("not replicated", (await session.Repository<Note, long>().FindAsync(1)).Value!.Text);
    }

    [Fact]
    public async Task After_a_promotion_an_open_connection_commits_nothing_on_the_old_primary_and_the_next_one_leads_to_the_new_one()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var session = client.OpenSession();
        await session.Repository<Note, long>().InsertAsync(new Note(1, "before"));
        var (old, promoted) = (tier.Primary, tier.Replica("us-west-2"));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(old.DirectConnectionString(), promoted.DirectConnectionString()));
        await using var writing = await SqlTier.Writing(session).OpenConnectionAsync();
        await using var transaction = await writing.BeginTransactionAsync();
        await SqlTier.ExecuteAsync(writing, "UPDATE notes SET text = 'on the old primary' WHERE id = 1", transaction);
        var other = client.OpenSession();
        await using var reading = await SqlTier.Reading(other, new ReadOptions { Region = promoted.Region }).OpenConnectionAsync();
        Assert.Equal(AnswerSource.Replica, reading.Source);

        await promoted.PromoteAsync();
        await Eventually.TrueAsync(() => client.Topology.Shards[0].WriteRegion == promoted.Region, because: "the client follows");

        var refused = await Assert.ThrowsAsync<NoEligibleRegionException>(() => transaction.CommitAsync());
        Assert.Equal(WriteDisposition.NotApplied, refused.Disposition);
        await Assert.ThrowsAsync<NoEligibleRegionException>(() => SqlTier.ExecuteAsync(writing, "DELETE FROM notes"));
        Assert.Equal("before", await SqlTier.TextAsync(reading, 1));
        await reading.CloseAsync();
        await using var next = await SqlTier.Writing(other).OpenConnectionAsync();
        Assert.Equal(promoted.Name, next.DataSource);
        Assert.Equal(1, await SqlTier.ExecuteAsync(next, "UPDATE notes SET text = 'after' WHERE id = 1"));
        Assert.Equal("after", (await other.Repository<Note, long>().FindAsync(1)).Value!.Text);
    }

    [Fact]
    public async Task A_node_that_dies_under_a_reader_leaves_the_session_whole_and_the_next_connection_goes_elsewhere()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2", "sa-east-1");
        await using var client = await tier.ClientAsync("us-west-2");
        var session = client.OpenSession();
        await client.OpenSession().Repository<Note, long>().InsertAsync(new Note(1, "seen"));
        var (near, far) = (tier.Replica("us-west-2"), tier.Replica("sa-east-1"));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), near.DirectConnectionString()));
        await far.PauseReplayAsync();
        await client.OpenSession().Repository<Note, long>().UpdateAsync(new Note(1, "newer"));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), near.DirectConnectionString()));
        var connection = await SqlTier.Reading(session, new ReadOptions { Region = near.Region }).OpenConnectionAsync();
        Assert.Equal("newer", await SqlTier.TextAsync(connection, 1));

        await near.KillAsync();
        await connection.CloseAsync();

        // The token can't know what was shown, but the session does, and asks the primary.
        Assert.Equal("newer", (await session.Repository<Note, long>().FindAsync(1)).Value!.Text);
        Assert.Equal("newer", await SqlTier.TextAsync(SqlTier.Reading(session), 1));
        Assert.False(session.Token.IsEmpty);
    }
}
