using Npgsql;
using NpgsqlTypes;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Has the server choose a commit's durability: as asked, unless something that its author has seen may still wait for standbys.</summary>
internal static class FollowingSql
{
    private const string AsSet = "current_setting('synchronous_commit')";

    /// <summary>For one transaction: what was asked is $2, and what <see cref="Write"/> writes $3 to $5.</summary>
    public static readonly string Guarded = Choice("$2", "$3", "$4", "$5", isLocal: true);

    private static readonly string Open = ", " + Choice(AsSet, "$1", "$2", "$3", isLocal: true);

    /// <summary>What was set by the choice before is taken back first; $4 is what it was then, or NULL.</summary>
    private static readonly string Session = "SELECT " + AsSet + ", " + Choice($"CASE {AsSet} WHEN $3 THEN coalesce($4, {AsSet}) ELSE {AsSet} END", "$1", "$2", "$3", isLocal: false);

    /// <summary>Asks something, and chooses for the transaction that is open, whatever it has set: the last field of the answer says what.</summary>
    public static NpgsqlBatchCommand Ask(string question, Following follows) => Command(question + Open, follows);

    /// <summary>Chooses for the server's session, whatever it has set. The answer: what it had set, and what it has set now.</summary>
    /// <param name="follows">What it follows.</param>
    /// <param name="before">What had been set before the choice changed it last; null if it didn't.</param>
    public static NpgsqlBatchCommand Set(Following follows, string? before)
    {
        var command = Command(Session, follows);
        command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = before ?? (object)DBNull.Value });
        return command;
    }

    public static void Write(NpgsqlParameterCollection parameters, Following follows)
    {
        parameters.Add(new NpgsqlParameter<NpgsqlLogSequenceNumber> { NpgsqlDbType = NpgsqlDbType.PgLsn, TypedValue = new NpgsqlLogSequenceNumber(follows.Seen) });
        parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = follows.SeenFor });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = SynchronousCommit.Name(follows.Instead) });
    }

    private static NpgsqlBatchCommand Command(string text, Following follows)
    {
        var command = new NpgsqlBatchCommand(text);
        Write(command.Parameters, follows);
        return command;
    }

    private static string Choice(string asked, string seen, string seenFor, string instead, bool isLocal) =>
        $"""
        set_config('synchronous_commit', CASE
            WHEN current_setting('synchronous_standby_names') = '' OR {asked} IN ({instead}, 'remote_apply') OR least({seen}, pg_current_wal_flush_lsn()) <= {Confirmed(instead)} OR NOT {Waits(seenFor)} THEN {asked}
            ELSE {instead} END, {(isLocal ? "true" : "false")})
        """;

    /// <summary>
    /// Up to where as many synchronous standbys as commits wait for have the log. NULL, which is never enough, if too few are there, or if the role may not look. What was written to
    /// disk may end inside a record at a page's end, and a replica may show a record of which the standby has no more than that.
    /// </summary>
    private static string Confirmed(string instead) =>
        $"""
        (SELECT CASE WHEN {instead} = 'remote_apply' THEN sender.replay_lsn WHEN (sender.flush_lsn - '0/0') % 8192 <> 0 THEN sender.flush_lsn END AS reached
         FROM pg_stat_get_wal_senders() AS sender
         WHERE sender.sync_state IN ('sync', 'quorum')
         ORDER BY reached DESC NULLS LAST
         OFFSET coalesce(substring(current_setting('synchronous_standby_names') FROM '(?i)^\s*(?:any|first)?\s*(\d+)\s*\(')::int, 1) - 1
         LIMIT 1)
        """;

    /// <summary>Whether a commit waits for standbys that was begun before all that was seen was in the log. Whose state the role may not see may wait.</summary>
    private static string Waits(string seenFor) =>
        $"""
        EXISTS (
            SELECT FROM pg_stat_get_activity(NULL) AS process
            WHERE process.wait_event = 'SyncRep' AND process.query_start <= clock_timestamp() - {seenFor} OR process.query = '<insufficient privilege>')
        """;
}
