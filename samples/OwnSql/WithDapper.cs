using Dapper;

namespace WebsiteBuilder.Data.Samples.OwnSql;

/// <summary>Dapper's extensions run on a routed connection. Open it yourself: what Dapper opens it closes with the blocking <c>Close</c>.</summary>
internal static class WithDapper
{
    public static async Task<Seen> RunAsync(IDataSession session, UserKey key, string status)
    {
        var writing = await Seen.Open(session, key, OperationIntent.Write).OpenConnectionAsync();
        await using (writing)
        {
            await writing.ExecuteAsync("UPDATE users SET status = @status WHERE id = @id", new { status, id = key.Id });
        }

        var reading = await Seen.Open(session, key, OperationIntent.Read).OpenConnectionAsync();
        await using (reading)
        {
            var found = await reading.QuerySingleAsync<string>("SELECT status FROM users WHERE id = @id", new { id = key.Id });
            return new Seen(found, ((RoutedConnection)writing).Region, ((RoutedConnection)reading).Region, ((RoutedConnection)reading).Source);
        }
    }
}
