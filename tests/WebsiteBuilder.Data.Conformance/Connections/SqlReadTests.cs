using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Connections;

/// <summary>What connections that read show, and what their session learns from it.</summary>
[Collection(SqlTier.Collection)]
public class SqlReadTests(SqlTier tier)
{
    private static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };

    [Fact]
    public async Task A_connection_leads_to_the_nearest_node_that_may_answer_and_says_which()
    {
        var (session, id) = await tier.WithRowAsync();
        await using var source = SqlTier.Reading(session);
        await using var connection = await source.OpenConnectionAsync();

        Assert.Equal("old", await SqlTier.TextAsync(connection, id));
        Assert.Equal(tier.Replica.Name, connection.DataSource);
        Assert.Equal((AnswerSource.Replica, tier.Replica.Region), (connection.Source, connection.Region));
        Assert.True(connection.Age < TimeSpan.FromSeconds(5));
        Assert.StartsWith("15.", connection.ServerVersion, StringComparison.Ordinal);
        await using var strong = await SqlTier.Reading(session, Strong).OpenConnectionAsync();
        Assert.Equal(AnswerSource.Primary, strong.Source);
    }

    [Fact]
    public async Task A_connection_shows_what_the_session_wrote_through_a_repository_though_the_replica_is_behind()
    {
        var (session, id) = await tier.WithRowAsync();
        await tier.Replica.PauseReplayAsync();
        try
        {
            await session.Repository<Note, long>().UpdateAsync(new Note(id, "new"));

            Assert.Equal("new", await SqlTier.TextAsync(SqlTier.Reading(session), id));
            var eventual = SqlTier.Reading(session, new ReadOptions { Consistency = ConsistencyLevel.Eventual, Region = tier.Replica.Region });
            Assert.Equal("old", await SqlTier.TextAsync(eventual, id));
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task What_a_closed_connection_showed_is_in_the_token()
    {
        var (session, id) = await tier.WithRowAsync();
        var (reader, other) = (tier.Client.OpenSession(), tier.Client.OpenSession());
        await session.Repository<Note, long>().UpdateAsync(new Note(id, "new"));
        await tier.Replica.PauseReplayAsync();
        try
        {
            Assert.Equal("new", await SqlTier.TextAsync(SqlTier.Reading(reader, Strong), id));

            other.Merge(reader.Token);
            Assert.Equal("new", (await other.Repository<Note, long>().FindAsync(id)).Value!.Text);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task What_an_open_reader_shows_is_never_taken_back_by_whatever_the_session_uses_next()
    {
        var (writer, id) = await tier.WithRowAsync();
        var session = tier.Client.OpenSession();
        await using var connection = await SqlTier.Reading(session, Strong).OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await tier.Replica.PauseReplayAsync();
        try
        {
            await writer.Repository<Note, long>().UpdateAsync(new Note(id, "new"));
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT text FROM notes WHERE id = $1";
            command.Parameters.Add(new NpgsqlParameter { Value = id });
            await using var reader = await command.ExecuteReaderAsync();
            Assert.True(await reader.ReadAsync());
            Assert.Equal("new", reader.GetString(0));

            Assert.Equal("new", (await session.Repository<Note, long>().FindAsync(id)).Value!.Text);
            Assert.Equal("new", await SqlTier.TextAsync(SqlTier.Reading(session), id));
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task Eventual_connections_neither_use_the_session_nor_teach_it_anything()
    {
        var (_, id) = await tier.WithRowAsync();
        var session = tier.Client.OpenSession();
        var eventual = SqlTier.Reading(session, new ReadOptions { Consistency = ConsistencyLevel.Eventual });

        Assert.Equal("old", await SqlTier.TextAsync(eventual, id));

        Assert.True(session.Token.IsEmpty);
    }

    [Fact]
    public async Task A_bound_that_a_paused_replica_does_not_meet_leads_to_the_primary()
    {
        var (writer, id) = await tier.WithRowAsync();
        var source = SqlTier.Reading(
            tier.Client.OpenSession(), new ReadOptions { Consistency = ConsistencyLevel.BoundedStaleness, MaxStaleness = TimeSpan.FromMilliseconds(500) });
        await tier.Replica.PauseReplayAsync();
        try
        {
            await writer.Repository<Note, long>().UpdateAsync(new Note(id, "new"));

            await Eventually.TrueAsync(async () => await SqlTier.TextAsync(source, id) == "new", because: "the bound has passed");
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_reads_refuses_to_write(bool primary)
    {
        var (session, id) = await tier.WithRowAsync();
        await using var connection = await SqlTier.Reading(session, primary ? Strong : null).OpenConnectionAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => SqlTier.ExecuteAsync(connection, $"UPDATE notes SET text = 'no' WHERE id = {id}"));
        await using var transaction = await connection.BeginTransactionAsync();
        var inside = await Assert.ThrowsAsync<PostgresException>(() => SqlTier.ExecuteAsync(connection, $"DELETE FROM notes WHERE id = {id}", transaction));

        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, refused.SqlState);
        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, inside.SqlState);
    }

    [Fact]
    public async Task A_repeatable_read_transaction_on_a_replica_shows_what_the_session_requires_and_keeps_its_snapshot()
    {
        var (session, id) = await tier.WithRowAsync("first");
        await using var connection = await SqlTier.Reading(session).OpenConnectionAsync();
        Assert.Equal(AnswerSource.Replica, connection.Source);
        await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        Assert.Equal("first", await SqlTier.TextAsync(connection, id));

        await session.Repository<Note, long>().UpdateAsync(new Note(id, "second"));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), tier.Replica.DirectConnectionString()));

        Assert.Equal("first", await SqlTier.TextAsync(connection, id));
        await transaction.CommitAsync();
        Assert.Equal("second", await SqlTier.TextAsync(SqlTier.Reading(session), id));
    }

    [Fact]
    public async Task The_region_that_was_asked_for_answers_or_nobody()
    {
        var (session, _) = await tier.WithRowAsync();
        await using var east = await SqlTier.Reading(session, new ReadOptions { Region = tier.Primary.Region }).OpenConnectionAsync();

        Assert.Equal(tier.Primary.Name, east.DataSource);
        var nowhere = SqlTier.Reading(session, new ReadOptions { Region = RegionId.Parse("mars-north-1") });
        await Assert.ThrowsAsync<NoEligibleRegionException>(() => nowhere.OpenConnectionAsync().AsTask());
    }

    [Fact]
    public async Task A_session_that_requires_what_nobody_has_in_time_gets_no_connection()
    {
        var (session, id) = await tier.WithRowAsync();
        await tier.Replica.PauseReplayAsync();
        try
        {
            await session.Repository<Note, long>().UpdateAsync(new Note(id, "new"));
            var source = SqlTier.Reading(session, new ReadOptions { Region = tier.Replica.Region, Timeout = TimeSpan.FromMilliseconds(200) });

            var missed = await Assert.ThrowsAsync<ConsistencyNotMetException>(() => source.OpenConnectionAsync().AsTask());

            Assert.Equal("notes.sql-open", missed.Operation);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }
}
