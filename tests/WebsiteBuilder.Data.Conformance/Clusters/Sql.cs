using Npgsql;

namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>One statement on a connection of its own, so that nothing of an earlier fault lives on in a pool.</summary>
public static class Sql
{
    public static async Task<NpgsqlConnection> OpenAsync(string connectionString, int timeoutSeconds = 10)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            Timeout = timeoutSeconds,
            CommandTimeout = timeoutSeconds,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public static async Task<T?> ScalarAsync<T>(string connectionString, string sql, int timeoutSeconds = 10)
    {
        await using var connection = await OpenAsync(connectionString, timeoutSeconds);
        return await connection.ScalarAsync<T>(sql);
    }

    public static async Task<T?> ScalarAsync<T>(this NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        var value = await command.ExecuteScalarAsync();
        return value is null or DBNull ? default : (T)value;
    }

    public static Task ExecuteAsync(string connectionString, string sql, int timeoutSeconds = 10) =>
        ScalarAsync<object>(connectionString, sql, timeoutSeconds);

    /// <summary>True once the replica has applied what the primary has written up to now.</summary>
    public static async Task<bool> HasCaughtUpAsync(string primary, string replica)
    {
        var written = await ScalarAsync<NpgsqlTypes.NpgsqlLogSequenceNumber>(primary, "SELECT pg_current_wal_flush_lsn()");
        return await ScalarAsync<bool>(replica, $"SELECT pg_last_wal_replay_lsn() >= '{written}'");
    }
}
