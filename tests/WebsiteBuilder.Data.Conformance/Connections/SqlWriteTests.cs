using System.Data;
using System.Data.Common;
using Npgsql;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Connections;

/// <summary>What connections that write do to their session.</summary>
[Collection(SqlTier.Collection)]
public class SqlWriteTests(SqlTier tier)
{
    [Theory]
    [InlineData("commit")]
    [InlineData("autocommit")]
    [InlineData("scalar")]
    [InlineData("reader")]
    [InlineData("batch")]
    [InlineData("blocking")]
    public async Task What_was_committed_is_shown_by_whatever_the_session_uses_next(string how)
    {
        var (session, id) = await tier.WithRowAsync();
        await tier.Replica.PauseReplayAsync();
        try
        {
            var before = session.Token;
            await UpdateAsync(session, id, how);

            Assert.False(before.Covers(session.Token));
            Assert.Equal("new", (await session.Repository<Note, long>().FindAsync(id)).Value!.Text);
            Assert.Equal("new", await SqlTier.TextAsync(SqlTier.Reading(session), id));
            var other = tier.Client.OpenSession(SessionToken.Parse(session.Token.ToString()));
            Assert.Equal("new", (await other.Repository<Note, long>().FindAsync(id)).Value!.Text);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task Commit_and_each_statement_advance_the_token_at_once_and_a_rollback_does_not()
    {
        var session = tier.Client.OpenSession();
        await using var connection = await SqlTier.Writing(session).OpenConnectionAsync();
        var id = tier.NewId();

        var opened = session.Token;
        await SqlTier.ExecuteAsync(connection, $"INSERT INTO notes (id, text) VALUES ({id}, 'one')");
        var inserted = session.Token;
        await using (var rolledBack = await connection.BeginTransactionAsync())
        {
            await SqlTier.ExecuteAsync(connection, $"UPDATE notes SET text = 'gone' WHERE id = {id}", rolledBack);
            await rolledBack.RollbackAsync();
        }

        var unchanged = session.Token;
        await using var transaction = await connection.BeginTransactionAsync();
        await SqlTier.ExecuteAsync(connection, $"UPDATE notes SET text = 'two' WHERE id = {id}", transaction);
        var uncommitted = session.Token;
        await transaction.CommitAsync();

        Assert.True(opened.IsEmpty);
        Assert.False(inserted.IsEmpty);
        Assert.Equal(inserted, unchanged);
        Assert.Equal(inserted, uncommitted);
        Assert.False(inserted.Covers(session.Token));
        Assert.Equal(WriteDurability.Local, connection.Reached);
        Assert.Equal("two", await SqlTier.TextAsync(connection, id));
    }

    [Fact]
    public async Task A_write_connection_shows_what_the_session_saw()
    {
        var (session, id) = await tier.WithRowAsync();
        Assert.Equal("old", await SqlTier.TextAsync(SqlTier.Reading(session), id));

        await using var connection = await SqlTier.Writing(session).OpenConnectionAsync();

        Assert.Equal(AnswerSource.Primary, connection.Source);
        Assert.Equal("old", await SqlTier.TextAsync(connection, id));
    }

    [Fact]
    public async Task Errors_of_statements_are_the_drivers_own_and_a_failed_transaction_does_not_commit()
    {
        var (session, id) = await tier.WithRowAsync();
        await using var connection = await SqlTier.Writing(session).OpenConnectionAsync();
        var insert = $"INSERT INTO notes (id, text) VALUES ({id}, 'again')";

        var alone = await Assert.ThrowsAsync<PostgresException>(() => SqlTier.ExecuteAsync(connection, insert));
        await using var transaction = await connection.BeginTransactionAsync();
        await SqlTier.ExecuteAsync(connection, $"UPDATE notes SET text = 'half' WHERE id = {id}", transaction);
        await Assert.ThrowsAsync<PostgresException>(() => SqlTier.ExecuteAsync(connection, insert, transaction));
        var refused = await Assert.ThrowsAsync<PostgresException>(() => transaction.CommitAsync());

        Assert.Equal(PostgresErrorCodes.UniqueViolation, alone.SqlState);
        Assert.Equal(PostgresErrorCodes.InFailedSqlTransaction, refused.SqlState);
        Assert.Equal(ConnectionState.Open, connection.State);
        Assert.Equal("old", await SqlTier.TextAsync(connection, id));
    }

    [Fact]
    public async Task A_refusal_is_remembered_so_that_reading_again_shows_what_contradicted()
    {
        var (writer, _) = await tier.WithRowAsync();
        var session = tier.Client.OpenSession();
        await tier.Replica.PauseReplayAsync();
        try
        {
            var id = tier.NewId();
            await writer.Repository<Note, long>().InsertAsync(new Note(id, "theirs"));
            await using (var connection = await SqlTier.Writing(session).OpenConnectionAsync())
            {
                await Assert.ThrowsAsync<PostgresException>(() => SqlTier.ExecuteAsync(connection, $"INSERT INTO notes (id, text) VALUES ({id}, 'mine')"));
            }

            Assert.Equal("theirs", (await session.Repository<Note, long>().FindAsync(id)).Value?.Text);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task Durability_is_the_data_sources_unless_the_statement_says_otherwise()
    {
        var session = tier.Client.OpenSession();
        await tier.Primary.SetSynchronousStandbysAsync(tier.Replica.ApplicationName);
        try
        {
            await using var connection = await SqlTier.Writing(session, new WriteOptions { Durability = WriteDurability.RemoteApply }).OpenConnectionAsync();
            await SqlTier.ExecuteAsync(connection, $"INSERT INTO notes (id, text) VALUES ({tier.NewId()}, 'applied')");
            Assert.Equal(WriteDurability.RemoteApply, connection.Reached);

            await using var transaction = await connection.BeginTransactionAsync();
            await SqlTier.ExecuteAsync(connection, "SET LOCAL synchronous_commit TO off", transaction);
            await SqlTier.ExecuteAsync(connection, $"INSERT INTO notes (id, text) VALUES ({tier.NewId()}, 'fast')", transaction);
            await transaction.CommitAsync();
            Assert.Equal(WriteDurability.Off, connection.Reached);
        }
        finally
        {
            await tier.Primary.SetSynchronousStandbysAsync(null);
        }
    }

    [Fact]
    public async Task More_users_than_places_take_turns_and_each_reads_what_it_wrote()
    {
        var ids = Enumerable.Range(0, 60).Select(_ => tier.NewId()).ToArray();

        await Task.WhenAll(ids.Select(async id =>
        {
            var session = tier.Client.OpenSession();
            await using (var connection = await SqlTier.Writing(session).OpenConnectionAsync())
            {
                await SqlTier.ExecuteAsync(connection, $"INSERT INTO notes (id, text) VALUES ({id}, 'mine')");
            }

            Assert.Equal("mine", await SqlTier.TextAsync(SqlTier.Reading(session), id));
        }));

        Assert.All(tier.Client.Topology.Shards[0].Endpoints, static endpoint => Assert.Equal(EndpointHealth.Healthy, endpoint.Health));
    }

    [Fact]
    public async Task A_write_connection_joins_no_transaction_scope()
    {
        var source = SqlTier.Writing(tier.Client.OpenSession());
        using var scope = new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled);

        await Assert.ThrowsAsync<NotSupportedException>(() => source.OpenConnectionAsync().AsTask());
    }

    private static async Task UpdateAsync(IDataSession session, long id, string how)
    {
        var sql = $"UPDATE notes SET text = 'new' WHERE id = {id}";
        if (how == "blocking")
        {
            Block(session, sql);
            return;
        }

        await using var connection = await SqlTier.Writing(session).OpenConnectionAsync();
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        switch (how)
        {
            case "commit":
                await using (var transaction = await connection.BeginTransactionAsync())
                {
                    await command.ExecuteNonQueryAsync();
                    await transaction.CommitAsync();
                }

                break;
            case "autocommit":
                Assert.Equal(1, await command.ExecuteNonQueryAsync());
                break;
            case "scalar":
                command.CommandText += " RETURNING id";
                Assert.Equal(id, await command.ExecuteScalarAsync());
                break;
            case "reader":
                command.CommandText += " RETURNING id";
                await using (var reader = await command.ExecuteReaderAsync())
                {
                    Assert.IsType<NpgsqlDataReader>(reader);
                    Assert.True(await reader.ReadAsync());
                }

                break;
            default:
                await using (var batch = connection.CreateBatch())
                {
                    foreach (var text in new[] { "SELECT 1", sql })
                    {
                        var part = batch.CreateBatchCommand();
                        part.CommandText = text;
                        batch.BatchCommands.Add(part);
                    }

                    await batch.ExecuteNonQueryAsync();
                }

                break;
        }
    }

#pragma warning disable VSTHRD103, MA0042, CA1849 // The blocking half of ADO.NET is what is tried here.
    private static void Block(IDataSession session, string sql)
    {
        using var connection = SqlTier.Writing(session).OpenConnection();
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Prepare();
        Assert.Equal(1, command.ExecuteNonQuery());
        transaction.Commit();
        command.CommandText += " RETURNING id";
        using var reader = command.ExecuteReader(CommandBehavior.CloseConnection);
        Assert.True(reader.Read());
        reader.Close();
        Assert.Equal(ConnectionState.Closed, connection.State);
    }
#pragma warning restore VSTHRD103, MA0042, CA1849
}
