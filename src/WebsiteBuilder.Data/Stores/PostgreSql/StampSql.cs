namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>The questions asked around every read. Ordinals are in <see cref="StampReader"/>.</summary>
internal static class StampSql
{
    /// <summary>
    /// Before the query, in a statement of its own: its position is read before the query's snapshot is taken, which holds at READ COMMITTED
    /// only, hence the isolation level. The last row of <c>wbd.history</c> names the history; on a primary the name of the current log file
    /// starts with the timeline, on a replica the receiver knows it. (<c>pg_control_checkpoint</c> lags a promotion.)
    /// </summary>
    public const string Lo =
        """
        SELECT node.in_recovery,
               CASE WHEN node.in_recovery THEN pg_last_wal_replay_lsn() END,
               CASE WHEN node.in_recovery THEN (pg_stat_get_wal_receiver()).received_tli::bigint
                    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::bigint END,
               current_setting('transaction_isolation') = 'read committed',
               history.id,
               history.timeline,
               (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint
        FROM (SELECT pg_is_in_recovery() AS in_recovery) AS node
        LEFT JOIN LATERAL (SELECT id, timeline FROM wbd.history ORDER BY timeline DESC LIMIT 1) AS history ON true
        """;

    /// <summary>After the query, as a statement of its own.</summary>
    public const string Hi = $"SELECT {HiFields} FROM {Node}";

    /// <summary>
    /// What is asked after the query, as fields of the query's own row: a statement's snapshot is taken before its fields are worked out. Replayed is read before received, and received
    /// before the receiver's timeline, which is taken out of a call in place: asked for by a query of its own it costs the server as much as all the rest. From <see cref="Node"/>.
    /// </summary>
    public const string HiFields =
        """
        node.in_recovery,
               CASE WHEN node.in_recovery THEN pg_last_wal_replay_lsn() END,
               CASE WHEN node.in_recovery THEN pg_last_wal_receive_lsn() END,
               CASE WHEN NOT node.in_recovery THEN pg_current_wal_insert_lsn() END,
               CASE WHEN node.in_recovery THEN (pg_stat_get_wal_receiver()).received_tli::bigint END
        """;

    /// <summary>One row for the node, whatever the query finds.</summary>
    public const string Node = "(SELECT pg_is_in_recovery() AS in_recovery) AS node";

    /// <summary>On a primary: a flushed position, to be proven visible. Null on a replica.</summary>
    public const string ProofPosition = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn() END";

    /// <summary>
    /// After <see cref="ProofPosition"/>, in a statement of its own: whoever committed up to that position is visible by now, or still holds
    /// the lock of its transaction id.
    /// </summary>
    public const string ProofHolders =
        "SELECT transactionid::text::bigint FROM pg_locks WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted";

    /// <summary>
    /// Transactions that are idle have not begun to commit, so nothing that was flushed before holds their commit. A role that may not see
    /// the state of others sees null, which proves nothing.
    /// </summary>
    public const string ProofIdle =
        "SELECT backend_xid::text::bigint FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND state = 'idle in transaction'";

    /// <summary>Which transactions are in progress for whoever looks from now on.</summary>
    public const string ProofSnapshot = "SELECT pg_current_snapshot()::text";
}
