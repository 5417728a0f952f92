using Npgsql;
using NpgsqlTypes;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>Has the server choose a commit's durability: as asked, unless something that its author has seen may still wait for standbys.</summary>
internal static class FollowingSql
{
    private const string AsSet = "current_setting('synchronous_commit')";

    /// <summary>For one transaction: what was asked, <see cref="Following.Seen"/> and <see cref="Following.Instead"/> are $2 to $4.</summary>
    public static readonly string Guarded = Choice("$2", "$3", "$4", isLocal: true);

    private static readonly string Open = ", " + Choice(AsSet, "$1", "$2", isLocal: true);

    private static readonly string Session = "SELECT " + Choice(AsSet, "$1", "$2", isLocal: false);

    /// <summary>Asks something, and chooses for the transaction that is open, whatever it has set: the last field of the answer says what.</summary>
    public static NpgsqlBatchCommand Ask(string question, Following follows) => Command(question + Open, follows);

    /// <summary>Chooses for the server's session, whatever it has set.</summary>
    public static NpgsqlBatchCommand Set(Following follows) => Command(Session, follows);

    public static void Write(NpgsqlParameterCollection parameters, Following follows)
    {
        parameters.Add(new NpgsqlParameter<NpgsqlLogSequenceNumber> { NpgsqlDbType = NpgsqlDbType.PgLsn, TypedValue = new NpgsqlLogSequenceNumber(follows.Seen) });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = SynchronousCommit.Name(follows.Instead) });
    }

    private static NpgsqlBatchCommand Command(string text, Following follows)
    {
        var command = new NpgsqlBatchCommand(text);
        Write(command.Parameters, follows);
        return command;
    }

    private static string Choice(string asked, string seen, string instead, bool isLocal) =>
        $"""
        set_config('synchronous_commit', CASE
            WHEN current_setting('synchronous_standby_names') = '' OR {asked} IN ({instead}, 'remote_apply') OR {seen} <= {Confirmed(instead)} THEN {asked}
            ELSE {instead} END, {(isLocal ? "true" : "false")})
        """;

    /// <summary>
    /// Up to where as many synchronous standbys as commits wait for have the log. NULL, which is never enough, if too few are there, or if the role may not look.
    /// </summary>
    private static string Confirmed(string instead) =>
        $"""
        (SELECT CASE {instead} WHEN 'remote_apply' THEN sender.replay_lsn ELSE sender.flush_lsn END AS reached
         FROM pg_stat_get_wal_senders() AS sender
         WHERE sender.sync_state IN ('sync', 'quorum')
         ORDER BY reached DESC NULLS LAST
         OFFSET coalesce(substring(current_setting('synchronous_standby_names') FROM '(?i)^\s*(?:any|first)?\s*(\d+)\s*\(')::int, 1) - 1
         LIMIT 1)
        """;
}
