using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Runs a write as one transaction that tells its position, in one round trip: guard, durability, statement, commit, and then where the log
/// stands.
/// </summary>
internal sealed class PostgresWrites(PostgresConnections connections)
{
    private const string Begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
    private const int MaxRecordAttempts = 8;
    /// <summary>The guard, and where the log stood before the write: its commit record comes behind that.</summary>
    private const string Guard = "SELECT wbd.require_history($1), pg_current_wal_insert_lsn()";

    /// <summary>
    /// Asked after the commit, so it holds the commit record. The flush position, because the insert position is pushed by other sessions'
    /// unfinished records beyond what any replica reports; and what synchronous standbys report, because a promotion among them keeps only that.
    /// </summary>
    private const string AfterCommit =
        """
        SELECT pg_current_wal_flush_lsn(),
               pg_current_wal_insert_lsn(),
               current_setting('synchronous_standby_names'),
               CASE WHEN current_setting('synchronous_standby_names') <> '' THEN ARRAY(
                   SELECT standby.sync_state || '/' || CASE $1 WHEN 3 THEN standby.write_lsn WHEN 5 THEN standby.replay_lsn ELSE standby.flush_lsn END
                   FROM pg_stat_replication AS standby
                   WHERE standby.sync_state IN ('sync', 'quorum')) END
        """;

    /// <summary>Runs one write.</summary>
    /// <param name="statement">The statement. If it returns rows, the first holds the new version.</param>
    /// <param name="guard">The history and durability.</param>
    /// <param name="cancellationToken">Gives up; the outcome is then ambiguous.</param>
    /// <returns>The write, and whether the statement returned a row.</returns>
    public async Task<(StoreWrite Write, bool Matched)> RunAsync(NpgsqlBatchCommand statement, WriteGuard guard, CancellationToken cancellationToken)
    {
        var connection = await connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var warnings = new CommitWarnings();
            connection.Notice += warnings.OnNotice;
            var after = new NpgsqlBatchCommand(AfterCommit) { Parameters = { new NpgsqlParameter<int> { TypedValue = (int)guard.Durability } } };
            try
            {
                var (tail, version, matched) = await CommitAsync(connection, statement, guard, after, cancellationToken).ConfigureAwait(false);
                var reached = warnings.NotReplicated ? CommitTail.Lower(guard.Durability, WriteDurability.Local) : tail.Reached(guard.Durability);
                var position = guard.Durability == WriteDurability.Off ? LogPosition.WithoutPageHeader(tail.Inserted) : tail.Position(reached);
                if (reached > WriteDurability.Off && LogPosition.MayEndInsideRecord(position))
                {
                    position = await NextWholeRecordAsync(connection, position).ConfigureAwait(false);
                }

                return (new StoreWrite(position, version, reached), matched);
            }
            catch (Exception exception) when (exception is not StoreFaultException)
            {
                var seen = await RollBackAsync(connection).ConfigureAwait(false);
                throw PostgresFaults.Writing(exception, (exception as PostgresException)?.BatchCommand == after, seen, cancellationToken);
            }
            finally
            {
                connection.Notice -= warnings.OnNotice;
            }
        }
    }

    private static async Task<(CommitTail Tail, long Version, bool Matched)> CommitAsync(
        NpgsqlConnection connection, NpgsqlBatchCommand statement, WriteGuard guard, NpgsqlBatchCommand after, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Begin));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Guard) { Parameters = { new NpgsqlParameter<long> { TypedValue = guard.History.Value } } });
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Durability(guard.Durability)));
            batch.BatchCommands.Add(statement);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            batch.BatchCommands.Add(after);
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                // Result sets: the guard's, the statement's if it returns rows, the tail's.
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var before = StampReader.Position(reader, 1) ?? 0;
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                long version = 0;
                var matched = false;
                if (reader.FieldCount == 1)
                {
                    matched = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                    version = matched ? reader.GetInt64(0) : 0;
                    await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                }

                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                var tail = CommitTail.Read(reader, before);
                await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                return (tail, version, matched);
            }
        }
    }

    /// <summary>
    /// A flush may stop at a page's end inside another transaction's record, which no replica reports before it has all of it. Behind a commit
    /// of our own it stops elsewhere, unless it meets the next long record: then once more.
    /// </summary>
    private static async Task<ulong> NextWholeRecordAsync(NpgsqlConnection connection, ulong position)
    {
        try
        {
            for (var attempt = 0; attempt < MaxRecordAttempts && LogPosition.MayEndInsideRecord(position); attempt++)
            {
                position = await CommitMarkerAsync(connection).ConfigureAwait(false) ?? position;
            }
        }
        catch (NpgsqlException)
        {
            // The commit stands. Its position is right, if perhaps not reported by replicas before more is written.
        }

        return position;
    }

    private static async Task<ulong?> CommitMarkerAsync(NpgsqlConnection connection)
    {
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("BEGIN"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SET LOCAL synchronous_commit TO local"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_logical_emit_message(true, 'wbd', '')"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("COMMIT"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT pg_current_wal_flush_lsn()"));

            // The write is committed: the caller's cancellation no longer matters to it.
            var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
                await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                return StampReader.Position(reader, 0);
            }
        }
    }

    /// <summary>Ends the failed transaction, and says where the log stood then: whoever has that shows why the write was refused.</summary>
    private static async Task<ulong> RollBackAsync(NpgsqlConnection connection)
    {
        if (connection.FullState != System.Data.ConnectionState.Open)
        {
            return 0;
        }

        try
        {
            var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand("ROLLBACK"), new NpgsqlBatchCommand(StampSql.Hi) } };
            await using (batch.ConfigureAwait(false))
            {
                var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                    return LogPosition.WithoutPageHeader(StampReader.Hi(reader).Inserted ?? 0);
                }
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // The connection is gone, and with it the transaction.
            await connection.CloseAsync().ConfigureAwait(false);
            return 0;
        }
    }

    private static string Durability(WriteDurability durability) => durability switch
    {
        WriteDurability.Off => "SET LOCAL synchronous_commit TO off",
        WriteDurability.Local => "SET LOCAL synchronous_commit TO local",
        WriteDurability.RemoteWrite => "SET LOCAL synchronous_commit TO remote_write",
        WriteDurability.RemoteApply => "SET LOCAL synchronous_commit TO remote_apply",
        _ => "SET LOCAL synchronous_commit TO on",
    };

    /// <summary>
    /// A commit that waits for a standby and is cancelled has committed, and says so in a warning only. Triggers may warn under the same
    /// code; the server's routine tells them apart in every language.
    /// </summary>
    private sealed class CommitWarnings
    {
        public bool NotReplicated { get; private set; }

        public void OnNotice(object sender, NpgsqlNoticeEventArgs arguments) =>
            NotReplicated |= arguments.Notice is { SqlState: PostgresErrorCodes.Warning, Routine: "SyncRepWaitForLSN" or null };
    }
}
