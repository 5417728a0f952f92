using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The part that finds out how writes ended.</summary>
internal sealed partial class PostgresEndpoint
{
    /// <summary>What one step of sweeping looks at: 1 MB, some 10,000 rows at most.</summary>
    private const long PagesSwept = 128;

    public async Task<StoredOperation> ResolveAsync(Guid id, bool abandon, WriteGuard guard, CancellationToken cancellationToken)
    {
        // A row that a crash may take back says nothing: the original could still come and find no trace of it.
        var durable = guard with { Durability = guard.Durability < WriteDurability.Local ? WriteDurability.Local : guard.Durability };
        var find = Command(OperationSql.Find, id);
        var (write, answer) = await _writes.RunAsync(
            abandon ? [Command(OperationSql.Abandon, id), find] : [find], durable, cancellationToken).ConfigureAwait(false);
        return new StoredOperation(answer.Outcome, answer.Version, answer.Request, write.Position, write.Reached) { Confirmed = write.Confirmed };
    }

    public async Task<bool> SweepAsync(OperationRetention retention, CancellationToken cancellationToken)
    {
        var place = await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var connection = place.Connection;
            try
            {
                // Nobody waits for a standby to have less.
                var batch = new NpgsqlBatch(connection);
                await using (batch.ConfigureAwait(false))
                {
                    batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED"));
                    batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL synchronous_commit TO off"));
                    batch.BatchCommands.Add(new NpgsqlBatchCommand(OperationSql.Sweep)
                    {
                        Parameters =
                        {
                            new NpgsqlParameter<TimeSpan> { TypedValue = retention.Attempts },
                            new NpgsqlParameter<TimeSpan> { TypedValue = retention.Keys },
                            new NpgsqlParameter<TimeSpan> { TypedValue = retention.BetweenRounds },
                            new NpgsqlParameter<long> { TypedValue = PagesSwept },
                        },
                    });
                    batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
                    return await batch.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
                }
            }
            catch (Exception exception)
            {
                // Nothing may stay open on a connection that goes back.
                await RollBackAsync(connection).ConfigureAwait(false);
                throw PostgresFaults.Reading(exception, cancellationToken);
            }
        }
    }

    private static async Task RollBackAsync(NpgsqlConnection connection)
    {
        try
        {
            var command = new NpgsqlCommand("ROLLBACK", connection);
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException || PostgresFaults.IsServersOrLost(exception, connection))
        {
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }

    private static NpgsqlBatchCommand Command(string sql, Guid id) =>
        new(sql) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = id } } };
}
