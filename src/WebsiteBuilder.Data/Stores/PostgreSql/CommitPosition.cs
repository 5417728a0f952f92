using Npgsql;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Works out the position of a commit: whoever has it, has what was committed.</summary>
internal static class CommitPosition
{
    private const int MaxRecordAttempts = 8;

    /// <summary>
    /// Asked after the commit, so it holds the commit record. The flush position, because the insert position is pushed by other sessions'
    /// unfinished records beyond what any replica reports; and what synchronous standbys report, because a promotion among them keeps only that.
    /// (The view <c>pg_stat_replication</c> joins them with all sessions, which takes longer than the rest together even where there are none.)
    /// </summary>
    private static readonly string[] AfterCommit = [.. Enum.GetValues<WriteDurability>().Order().Select(static durability =>
        $"""
        SELECT pg_current_wal_flush_lsn(),
               pg_current_wal_insert_lsn(),
               current_setting('synchronous_standby_names'),
               CASE WHEN current_setting('synchronous_standby_names') <> '' THEN ARRAY(
                   SELECT standby.sync_state || '/' || standby.{Reported(durability)}
                   FROM pg_stat_get_wal_senders() AS standby
                   WHERE standby.sync_state IN ('sync', 'quorum')) END
        """)];

    /// <summary>The question; <see cref="CommitTail.Read"/> reads the answer.</summary>
    public static NpgsqlBatchCommand Question(WriteDurability durability) => new(AfterCommit[(int)durability]);

    /// <summary>What the answer says of a commit. Asks again, without limit by the caller, if the position may lie inside a record.</summary>
    public static async ValueTask<StoreWrite> CompleteAsync(
        NpgsqlConnection connection, CommitTail tail, WriteDurability asked, CommitWarnings warnings, long version, bool async)
    {
        var reached = warnings.NotReplicated ? CommitTail.Lower(asked, WriteDurability.Local) : tail.Reached(asked);
        var position = asked == WriteDurability.Off ? LogPosition.WithoutPageHeader(tail.Inserted) : tail.Position(reached);
        if (reached > WriteDurability.Off && LogPosition.MayEndInsideRecord(position))
        {
            position = await NextWholeRecordAsync(connection, position, async).ConfigureAwait(false);
        }

        return new StoreWrite(position, version, reached) { Confirmed = tail.Confirmed() };
    }

    private static string Reported(WriteDurability durability) => durability switch
    {
        WriteDurability.RemoteWrite => "write_lsn",
        WriteDurability.RemoteApply => "replay_lsn",
        _ => "flush_lsn",
    };

    /// <summary>
    /// A flush may stop at a page's end inside another transaction's record, which no replica reports before it has all of it. Behind a commit
    /// of our own it stops elsewhere, unless it meets the next long record: then once more.
    /// </summary>
    private static async ValueTask<ulong> NextWholeRecordAsync(NpgsqlConnection connection, ulong position, bool async)
    {
        try
        {
            for (var attempt = 0; attempt < MaxRecordAttempts && LogPosition.MayEndInsideRecord(position); attempt++)
            {
                position = await CommitMarkerAsync(connection, async).ConfigureAwait(false) ?? position;
            }
        }
        catch (Exception exception) when (PostgresFaults.IsServersOrLost(exception, connection))
        {
            // The commit stands. Its position is right, if perhaps not reported by replicas before more is written.
        }

        return position;
    }

    private static async ValueTask<ulong?> CommitMarkerAsync(NpgsqlConnection connection, bool async)
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
            var answers = await Answers.AskAsync(batch, async, CancellationToken.None).ConfigureAwait(false);
            await using (answers.ConfigureAwait(false))
            {
                await answers.NextResultAsync().ConfigureAwait(false);
                await answers.ReadAsync().ConfigureAwait(false);
                return StampReader.Position(answers.Reader, 0);
            }
        }
    }
}

/// <summary>
/// A commit that waits for a standby and is cancelled has committed, and says so in a warning only. Triggers may warn under the same
/// code; the server's routine tells them apart in every language.
/// </summary>
internal sealed class CommitWarnings
{
    public bool NotReplicated { get; private set; }

    public void OnNotice(object sender, NpgsqlNoticeEventArgs arguments) =>
        NotReplicated |= arguments.Notice is { SqlState: PostgresErrorCodes.Warning, Routine: "SyncRepWaitForLSN" or null };

    public void Forget() => NotReplicated = false;
}
