using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The names of histories, in <c>wbd.history</c>.</summary>
internal static class HistoryNames
{
    /// <summary>Whoever was promoted since it was asked for its timeline must not name the one that it has left: others may have named that where it goes on. The file's name begins with the timeline.</summary>
    private const string Give =
        """
        INSERT INTO wbd.history (timeline, id)
        SELECT $1, $2 WHERE left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) = lpad(upper(to_hex($1)), 8, '0')
        ON CONFLICT (timeline) DO NOTHING
        """;

    public static async Task<Dictionary<uint, HistoryId>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var names = new Dictionary<uint, HistoryId>();
        var command = new NpgsqlCommand("SELECT timeline, id FROM wbd.history", connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    names[(uint)reader.GetInt64(0)] = new HistoryId((uint)reader.GetInt64(1));
                }
            }
        }

        return names;
    }

    /// <summary>Names the timeline that the server is on, unless it has a name, or isn't on that one any more. On a replica this fails: its primary's clients name it.</summary>
    public static async Task GiveAsync(NpgsqlConnection connection, uint timeline, HistoryId name, CancellationToken cancellationToken)
    {
        // Waiting for a standby here would make a hung standby hide the new primary.
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL synchronous_commit TO local"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Give)
            {
                Parameters =
                {
                    new NpgsqlParameter<long> { TypedValue = timeline },
                    new NpgsqlParameter<long> { TypedValue = name.Value },
                },
            });
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
