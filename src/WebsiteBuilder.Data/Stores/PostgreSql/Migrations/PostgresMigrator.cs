using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Brings one database to the embedded schema: each step in a transaction of its own, under a lock, so that processes that start together
/// don't disturb each other and an interrupted run goes on where it stopped.
/// </summary>
internal static class PostgresMigrator
{
    // Any fixed number serves; it spells "wbd" and must not change.
    private const long LockKey = 0x776264;

    /// <summary>Applies what is missing. Returns the names of the applied steps.</summary>
    /// <exception cref="StoreFailureException">A step failed, or one that was applied earlier has changed since.</exception>
    public static async Task<IReadOnlyList<string>> ApplyAsync(NpgsqlDataSource primary, CancellationToken cancellationToken)
    {
        var connection = await primary.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await ExecuteAsync(connection, $"SELECT pg_advisory_lock({LockKey})", cancellationToken).ConfigureAwait(false);
            try
            {
                await ExecuteAsync(
                    connection,
                    """
                    CREATE SCHEMA IF NOT EXISTS wbd;
                    CREATE TABLE IF NOT EXISTS wbd.migration (
                        version    int PRIMARY KEY,
                        name       text NOT NULL,
                        checksum   text NOT NULL,
                        applied_at timestamptz NOT NULL DEFAULT now())
                    """,
                    cancellationToken).ConfigureAwait(false);
                var applied = await AppliedAsync(connection, cancellationToken).ConfigureAwait(false);
                var names = new List<string>();
                foreach (var migration in Migration.All)
                {
                    if (!applied.TryGetValue(migration.Version, out var checksum))
                    {
                        await ApplyAsync(connection, migration, cancellationToken).ConfigureAwait(false);
                        names.Add(migration.Name);
                    }
                    else if (!string.Equals(checksum, migration.Checksum, StringComparison.Ordinal))
                    {
                        throw new StoreFailureException(
                            $"The migration {migration.Name} was applied in another form. Applied migrations never change: use the version of the library that applied it, or add a new one.")
                        {
                            Disposition = WriteDisposition.NotApplied,
                        };
                    }
                }

                return names;
            }
            finally
            {
                await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({LockKey})", CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            try
            {
                await ExecuteAsync(connection, migration.Sql, cancellationToken).ConfigureAwait(false);
                var record = new NpgsqlCommand("INSERT INTO wbd.migration (version, name, checksum) VALUES ($1, $2, $3)", connection, transaction);
                await using (record.ConfigureAwait(false))
                {
                    record.Parameters.Add(new NpgsqlParameter<int> { TypedValue = migration.Version });
                    record.Parameters.Add(new NpgsqlParameter<string> { TypedValue = migration.Name });
                    record.Parameters.Add(new NpgsqlParameter<string> { TypedValue = migration.Checksum });
                    await record.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException exception)
            {
                throw new StoreFailureException($"The migration {migration.Name} failed and was rolled back; the inner error says why.", exception)
                {
                    Code = exception.SqlState,
                    Disposition = WriteDisposition.NotApplied,
                };
            }
        }
    }

    private static async Task<Dictionary<int, string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<int, string>();
        var command = new NpgsqlCommand("SELECT version, checksum FROM wbd.migration", connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    applied[reader.GetInt32(0)] = reader.GetString(1);
                }
            }
        }

        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
