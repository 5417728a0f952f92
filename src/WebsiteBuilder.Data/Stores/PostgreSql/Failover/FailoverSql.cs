using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;

namespace WebsiteBuilder.Data.Stores.PostgreSql.Failover;

/// <summary>What a coordinator asks and tells a server.</summary>
internal static partial class FailoverSql
{
    /// <summary>
    /// A standby that was restarted since has no receive position; what it has replayed is all that it has once its startup process waits for more. That a
    /// receiver begins at the start of a segment may make the receive position the lower one.
    /// </summary>
    private const string Question = """
        SELECT pg_is_in_recovery(),
               CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn()
                    WHEN pg_last_wal_receive_lsn() IS NOT NULL THEN greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                    WHEN (SELECT wait_event IN ('RecoveryRetrieveRetryInterval', 'RecoveryWalStream') FROM pg_stat_activity WHERE backend_type = 'startup')
                        THEN pg_last_wal_replay_lsn() END,
               pg_last_wal_replay_lsn(),
               (SELECT status = 'streaming' FROM pg_stat_wal_receiver),
               (SELECT extract(epoch FROM clock_timestamp() - last_msg_receipt_time)::float8 FROM pg_stat_wal_receiver WHERE status = 'streaming'),
               current_setting('primary_conninfo') = '',
               current_setting('default_transaction_read_only') = 'on',
               ARRAY(SELECT application_name FROM pg_stat_replication WHERE state = 'streaming'),
               current_setting('synchronous_standby_names'),
               CASE WHEN pg_is_in_recovery() THEN (SELECT received_tli FROM pg_stat_wal_receiver WHERE status = 'streaming')
                    ELSE ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int END,
               extract(epoch FROM pg_postmaster_start_time())::float8,
               (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database())
        """;

    /// <summary>All but the history; and a key that changes with it, null if it must be read anew.</summary>
    public static async Task<(NodeStanding Standing, (int Timeline, double StartedAt)? Key)> ObserveAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Question, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                return Read(reader);
            }
        }
    }

    private static (NodeStanding Standing, (int Timeline, double StartedAt)? Key) Read(NpgsqlDataReader reader) => (
        new NodeStanding(!reader.GetBoolean(0), null, Position(reader, 1))
        {
            Replayed = Position(reader, 2),
            IsStreaming = !reader.IsDBNull(3) && reader.GetBoolean(3),
            SilentFor = reader.IsDBNull(4) ? null : TimeSpan.FromSeconds(reader.GetDouble(4)),
            IsDetached = reader.GetBoolean(5),
            IsFenced = reader.GetBoolean(6),
            Followers = reader.GetFieldValue<string[]>(7),
            Rule = ParseRule(reader.GetString(8)),
            Committed = reader.IsDBNull(11) ? null : reader.GetInt64(11),
        },
        reader.IsDBNull(9) ? null : (reader.GetInt32(9), reader.GetDouble(10)));

    /// <summary>The names quoted, as any text may stand there then.</summary>
    public static string Write(AcknowledgementRule rule) =>
        $"ANY {rule.Required} ({string.Join(", ", rule.Standbys.Select(static name => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""))})";

    /// <summary>Null for anything but a quorum of names.</summary>
    public static AcknowledgementRule? ParseRule(string names)
    {
        var match = Quorum().Match(names);
        return match.Success
            ? new AcknowledgementRule(
                int.Parse(match.Groups["required"].ValueSpan, provider: null),
                [.. match.Groups["name"].Captures.Select(static name => name.Value.Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal))])
            : null;
    }

    /// <summary>A text as a literal; settings can't be passed as parameters.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    public static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The answer to a question of one value; null for none.</summary>
    public static async Task<object?> AskAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.AddRange(parameters);
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is { } value and not DBNull ? value : null;
        }
    }

    private static ulong? Position(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : (ulong)reader.GetFieldValue<NpgsqlLogSequenceNumber>(column);

    [GeneratedRegex("""^\s*ANY\s+(?<required>\d{1,4})\s*\(\s*(?<name>"([^"]|"")+"|[\w*]+)(\s*,\s*(?<name>"([^"]|"")+"|[\w*]+))*\s*\)\s*$""", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Quorum();
}
