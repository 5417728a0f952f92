using System.Data;
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

    /// <summary>Applies what is missing.</summary>
    /// <param name="primary">The database.</param>
    /// <param name="applied">Told the name of each step once it is committed, so also of those before one that fails.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="StoreFailureException">A step failed, or one that was applied earlier has changed since.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource primary, Action<string> applied, CancellationToken cancellationToken)
    {
        var connection = await primary.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await LockAsync(connection, cancellationToken).ConfigureAwait(false);
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
                var known = await AppliedAsync(connection, cancellationToken).ConfigureAwait(false);
                foreach (var migration in Migration.All)
                {
                    if (!known.TryGetValue(migration.Version, out var checksum))
                    {
                        await ApplyAsync(connection, migration, cancellationToken).ConfigureAwait(false);
                        applied(migration.Name);
                    }
                    else
                    {
                        RequireSame(migration, checksum);
                    }
                }
            }
            finally
            {
                await UnlockAsync(connection).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Tells what <see cref="ApplyAsync(NpgsqlDataSource, Action{string}, CancellationToken)"/> would apply now. Reads only, and waits for nobody.</summary>
    /// <exception cref="StoreFailureException">A step that was applied earlier has changed since.</exception>
    public static async Task<IReadOnlyList<Migration>> PendingAsync(NpgsqlDataSource primary, CancellationToken cancellationToken)
    {
        var connection = await primary.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var known = await IsMadeAsync(connection, cancellationToken).ConfigureAwait(false)
                ? await AppliedAsync(connection, cancellationToken).ConfigureAwait(false)
                : [];
            foreach (var migration in Migration.All)
            {
                RequireSame(migration, known.GetValueOrDefault(migration.Version, migration.Checksum));
            }

            return [.. Migration.All.Where(migration => !known.ContainsKey(migration.Version))];
        }
    }

    /// <summary>The checksums of the steps that were applied, by version. Fails if nothing ever was.</summary>
    public static async Task<Dictionary<int, string>> AppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
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

    private static void RequireSame(Migration migration, string applied)
    {
        if (!string.Equals(applied, migration.Checksum, StringComparison.Ordinal))
        {
            throw new StoreFailureException(
                $"The migration {migration.Name} was applied in another form. Applied migrations never change: use the version of the library that applied it, or add a new one.")
            {
                Disposition = WriteDisposition.NotApplied,
            };
        }
    }

    private static async Task<bool> IsMadeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("SELECT to_regclass('wbd.migration') IS NOT NULL", connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
    }

    private static async Task LockAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // Whoever holds it may take as long as its steps take; the caller's token limits the wait, and not the limit of ordinary commands.
        var command = new NpgsqlCommand($"SELECT pg_advisory_lock({LockKey})", connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task UnlockAsync(NpgsqlConnection connection)
    {
        if (connection.State != ConnectionState.Open)
        {
            // The lock went with the server's session, and why that ended is what the caller must hear of.
            return;
        }

        try
        {
            await ExecuteAsync(connection, $"SELECT pg_advisory_unlock({LockKey})", CancellationToken.None).ConfigureAwait(false);
        }
        catch (NpgsqlException)
        {
            // The connection broke just now: the same.
        }
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var committing = false;
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

                committing = true;
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (NpgsqlException exception)
            {
                throw Failed(migration, exception, committing);
            }
        }
    }

    private static StoreFailureException Failed(Migration migration, NpgsqlException exception, bool committing) => new(
        committing
            ? $"It is not known whether the migration {migration.Name} was applied, as a whole or not at all; run it again to find out. The inner error says why."
            : $"The migration {migration.Name} failed and was rolled back; the inner error says why.",
        exception)
    {
        Code = exception.SqlState,
        Disposition = committing ? WriteDisposition.Ambiguous : WriteDisposition.NotApplied,
    };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
