using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>The few statements that verbs and the start send as superuser.</summary>
internal static class AdminSql
{
    public static async Task ExecuteAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The answer to a question of one boolean; no row and NULL are no.</summary>
    public static async Task<bool> AskAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
    }

    /// <summary>The one text that a query returns.</summary>
    public static async Task<string> ReadAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            return (string)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    }

    /// <summary>Reserves the log for a replica from now on; a slot that exists is kept.</summary>
    public static Task AddSlotAsync(this NpgsqlConnection connection, LocalNode replica, CancellationToken cancellationToken) =>
        connection.ExecuteAsync(
            $"SELECT pg_create_physical_replication_slot('{replica.ApplicationName}', true) " +
            $"WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{replica.ApplicationName}')",
            cancellationToken);
}
