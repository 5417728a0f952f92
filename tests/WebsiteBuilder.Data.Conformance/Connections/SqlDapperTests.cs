using Dapper;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Connections;

/// <summary>Dapper, which knows nothing of the tier.</summary>
[Collection(SqlTier.Collection)]
public class SqlDapperTests(SqlTier tier)
{
    [Fact]
    public async Task Dapper_writes_and_what_it_wrote_is_read_everywhere()
    {
        var (session, id) = await tier.WithRowAsync();
        await tier.Replica.PauseReplayAsync();
        try
        {
            await using (var connection = await SqlTier.Writing(session).OpenConnectionAsync())
            {
                await using var transaction = await connection.BeginTransactionAsync();
                Assert.Equal(1, await connection.ExecuteAsync("UPDATE notes SET text = @text WHERE id = @id", new { id, text = "dapper" }, transaction));
                await transaction.CommitAsync();
            }

            await using var reading = SqlTier.Reading(session).CreateConnection();
            var row = await reading.QuerySingleAsync<Row>("SELECT id, text FROM notes WHERE id = @id", new { id });

            Assert.Equal(new Row(id, "dapper"), row);
            Assert.Equal("dapper", (await session.Repository<Note, long>().FindAsync(id)).Value!.Text);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task Dapper_opens_and_closes_the_connection_itself_and_the_session_has_seen_what_it_read()
    {
        var (writer, id) = await tier.WithRowAsync();
        var session = tier.Client.OpenSession();
        await tier.Replica.PauseReplayAsync();
        try
        {
            await writer.Repository<Note, long>().UpdateAsync(new Note(id, "newer"));
            var strong = new ReadOptions { Consistency = ConsistencyLevel.Strong };
            await using var connection = SqlTier.Reading(session, strong).CreateConnection();

            var many = (await connection.QueryAsync<Row>("SELECT id, text FROM notes WHERE id IN @ids", new { ids = new[] { id } })).ToList();
            var scalar = await connection.ExecuteScalarAsync<string>("SELECT text FROM notes WHERE id = @id", new { id });
            await using var grid = await connection.QueryMultipleAsync("SELECT 1; SELECT 2");

            Assert.Equal("newer", Assert.Single(many).Text);
            Assert.Equal("newer", scalar);
            Assert.Equal((1, 2), (await grid.ReadSingleAsync<int>(), await grid.ReadSingleAsync<int>()));
            var next = tier.Client.OpenSession(session.Token);
            Assert.Equal("newer", (await next.Repository<Note, long>().FindAsync(id)).Value!.Text);
        }
        finally
        {
            await tier.Replica.ResumeReplayAsync();
        }
    }

    [Fact]
    public async Task Dapper_streams_rows_while_the_session_is_used_for_each()
    {
        var (session, id) = await tier.WithRowAsync();
        await using var connection = SqlTier.Reading(session).CreateConnection();
        var seen = 0;

        await foreach (var row in connection.QueryUnbufferedAsync<Row>("SELECT id, text FROM notes WHERE id <= @id ORDER BY id DESC LIMIT 3", new { id }))
        {
            Assert.Equal(row.Text, (await session.Repository<Note, long>().FindAsync(row.Id)).Value!.Text);
            seen++;
        }

        Assert.InRange(seen, 1, 3);
    }

    private sealed record Row(long Id, string Text);
}
