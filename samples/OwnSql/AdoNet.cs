using Npgsql;

namespace WebsiteBuilder.Data.Samples.OwnSql;

/// <summary>Commands, parameters and transactions as with any other provider. Parameters and readers are the driver's own.</summary>
internal static class AdoNet
{
    public static async Task<Seen> RunAsync(IDataSession session, UserKey key, string status)
    {
        var writing = await Seen.Open(session, key, OperationIntent.Write).OpenConnectionAsync();
        await using (writing)
        {
            await using var transaction = await writing.BeginTransactionAsync();
            await using var update = writing.CreateCommand();
            update.CommandText = "UPDATE users SET status = $1 WHERE id = $2";
            update.Parameters.Add(new NpgsqlParameter<string> { TypedValue = status });
            update.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = key.Id });
            await update.ExecuteNonQueryAsync();

            // From here on the session's token requires the commit.
            await transaction.CommitAsync();
        }

        var reading = await Seen.Open(session, key, OperationIntent.Read).OpenConnectionAsync();
        await using (reading)
        {
            await using var select = reading.CreateCommand();
            select.CommandText = "SELECT status FROM users WHERE id = $1";
            select.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = key.Id });
            var found = (string?)await select.ExecuteScalarAsync();
            return new Seen(found, ((RoutedConnection)writing).Region, ((RoutedConnection)reading).Region, ((RoutedConnection)reading).Source);
        }
    }
}
