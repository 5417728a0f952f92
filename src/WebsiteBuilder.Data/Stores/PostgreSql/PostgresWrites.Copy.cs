using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The part that writes many rows in one transaction, by COPY. Four round trips: guard, durability and operation rows, which refuse what is in already before any row is sent; the rows;
/// their end; commit and position. What fails before the commit is sent was not applied.
/// </summary>
internal sealed partial class PostgresWrites
{
    /// <summary>Copies rows.</summary>
    /// <param name="sql">Where to, and which columns.</param>
    /// <param name="write">Hands a row's values to a writer.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="guard">The history, durability and operation rows.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoreWrite> CopyAsync<TRow>(
        CopySql sql, Action<TRow, EntityWriter> write, IReadOnlyList<TRow> rows, WriteGuard guard, CancellationToken cancellationToken)
    {
        var place = await connections.OpenSureAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            var connection = place.Connection;
            var warnings = new CommitWarnings();
            connection.Notice += warnings.OnNotice;
            var after = CommitPosition.Question(guard.Durability);
            try
            {
                var before = await ImportAsync(connection, sql, write, rows, guard, cancellationToken).ConfigureAwait(false);
                var tail = await CommitAsync(connection, before, after, cancellationToken).ConfigureAwait(false);
                var copied = await CommitPosition.CompleteAsync(connection, tail, guard.Durability, warnings, version: 0, async: true).ConfigureAwait(false);
                place.IsClean = !LogPosition.MayEndInsideRecord(copied.Position);
                return copied;
            }
            catch (Exception exception) when (exception is not StoreFaultException)
            {
                var seen = await RollBackAsync(connection).ConfigureAwait(false);
                throw place.Failed(PostgresFaults.Writing(exception, (exception as PostgresException)?.BatchCommand == after, seen, cancellationToken));
            }
            finally
            {
                connection.Notice -= warnings.OnNotice;
            }
        }
    }

    /// <summary>All but the commit; where the log stood before it.</summary>
    private static async Task<ulong> ImportAsync<TRow>(
        NpgsqlConnection connection, CopySql sql, Action<TRow, EntityWriter> write, IReadOnlyList<TRow> rows, WriteGuard guard, CancellationToken cancellationToken)
    {
        try
        {
            var (before, types) = await BeginAsync(connection, sql.Types, guard, cancellationToken).ConfigureAwait(false);
            var importer = await connection.BeginBinaryImportAsync(sql.Copy, cancellationToken).ConfigureAwait(false);
            await using (importer.ConfigureAwait(false))
            {
                var cells = new CopyRow(types);
                foreach (var row in rows)
                {
                    cells.NextRow();
                    write(row, cells);
                    await cells.WriteAsync(importer, cancellationToken).ConfigureAwait(false);
                }

                await importer.CompleteAsync(cancellationToken).ConfigureAwait(false);
            }

            return before;
        }
        catch (Exception exception)
        {
            var isServersOrLost = PostgresFaults.IsServersOrLost(exception, connection);
            var seen = await RollBackAsync(connection).ConfigureAwait(false);
            throw PostgresFaults.BeforeCommit(exception, isServersOrLost, seen, cancellationToken);
        }
    }

    private static async Task<(ulong Before, string[] Types)> BeginAsync(
        NpgsqlConnection connection, string typesQuery, WriteGuard guard, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Begin));
            batch.BatchCommands.Add(GuardAndSet(guard));
            if (guard.Operation is { } operation)
            {
                batch.BatchCommands.Add(OperationRows(operation));
            }

            batch.BatchCommands.Add(new NpgsqlBatchCommand(typesQuery));
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                // Result sets: the guard's, and one without rows that tells the columns' types.
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var before = StampReader.Position(reader, 1) ?? 0;
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                var types = new string[reader.FieldCount];
                for (var i = 0; i < types.Length; i++)
                {
                    // The driver takes its own types by the name that is shown, without a schema.
                    var type = reader.GetPostgresType(i);
                    types[i] = type.Namespace == "pg_catalog" ? type.Name : type.FullName;
                }

                return (before, types);
            }
        }
    }

    private static async Task<CommitTail> CommitAsync(
        NpgsqlConnection connection, ulong before, NpgsqlBatchCommand after, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            batch.BatchCommands.Add(after);
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var tail = CommitTail.Read(reader, before);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                return tail;
            }
        }
    }

    private static NpgsqlBatchCommand OperationRows(OperationRows operation)
    {
        var command = new NpgsqlBatchCommand(operation.Key is null ? OperationSql.InsertAttempt : OperationSql.InsertAttemptAndKey);
        var parameters = new ParameterWriter(command.Parameters);
        parameters.Write(operation.Attempt);
        if (operation.Key is { } key)
        {
            parameters.Write(key.Id);
            parameters.Write(key.Request);
        }

        return command;
    }
}

/// <summary>Where rows are copied to.</summary>
/// <param name="Types">Selects the columns of no row, for their types: binary COPY converts nothing.</param>
/// <param name="Copy">The COPY statement.</param>
internal sealed record CopySql(string Types, string Copy);
