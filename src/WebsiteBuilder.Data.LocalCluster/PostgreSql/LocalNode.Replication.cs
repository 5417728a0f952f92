using NpgsqlTypes;

namespace WebsiteBuilder.Data.Clusters;

public sealed partial class LocalNode
{
    private const string AdminDatabase = "postgres";

    /// <summary>Stops applying the log on this replica, and returns when it has really stopped. The log is still received.</summary>
    /// <remarks>A restart and a promotion end it.</remarks>
    public async Task PauseReplayAsync(CancellationToken cancellationToken = default)
    {
        await ExecuteAsync("SELECT pg_wal_replay_pause()", cancellationToken).ConfigureAwait(false);
        await UntilAsync("SELECT pg_get_wal_replay_pause_state() = 'paused'", $"{Name} has paused", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends <see cref="PauseReplayAsync"/>.</summary>
    public Task ResumeReplayAsync(CancellationToken cancellationToken = default) =>
        ExecuteAsync("SELECT pg_wal_replay_resume()", cancellationToken);

    /// <summary>Lets this replica apply each commit that much later than the primary's clock says; zero ends it.</summary>
    /// <param name="delay">0 to 24 h, in whole milliseconds.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public async Task DelayReplayAsync(TimeSpan delay, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromHours(24));
        await SetAsync("recovery_min_apply_delay", $"{(long)delay.TotalMilliseconds}", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Makes this replica the primary, on a new timeline, and returns when it takes writes. Nobody is told: see the remarks.</summary>
    /// <remarks>
    /// <see cref="PostgresCluster.Primary"/> names this node from then on. The former primary, if it runs, goes on taking writes; other
    /// replicas go on following it. A paused replay ends: everything received is applied first.
    /// </remarks>
    public async Task PromoteAsync(CancellationToken cancellationToken = default)
    {
        await ExecuteAsync($"SELECT pg_promote(true, {(int)_context.Options.StepTimeout.TotalSeconds})", cancellationToken).ConfigureAwait(false);
        await UntilAsync("SELECT NOT pg_is_in_recovery()", $"{Name} takes writes", cancellationToken).ConfigureAwait(false);
        Cluster.Primary = this;
    }

    /// <summary>Lets this replica stream from another node, which gets a slot for it, and returns when it streams.</summary>
    /// <param name="newPrimary">A running node of the same cluster, usually one that was just promoted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <remarks>A replica that has more of the old timeline than the new primary cannot follow and fails; see <see cref="RejoinAsync"/>.</remarks>
    /// <exception cref="ArgumentException">The node is this one, or of another cluster.</exception>
    public async Task FollowAsync(LocalNode newPrimary, CancellationToken cancellationToken = default)
    {
        CheckUpstream(newPrimary);
        await newPrimary.AddSlotAsync(this, cancellationToken).ConfigureAwait(false);
        // The replica always connects to its own replication link: it is the link that now leads elsewhere.
        Upstream = newPrimary;
        _context.Links.Repoint(this);
        await UntilStreamingAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes this node, whatever it was, a replica of <paramref name="primary"/>: kills it, throws its files away, takes a base backup
    /// and streams. What only this node knew is lost, as with pg_rewind. It is healed if it was isolated.
    /// </summary>
    /// <param name="primary">A running node of the same cluster.</param>
    /// <param name="cancellationToken">Stops waiting; the node is then not usable until it has rejoined.</param>
    /// <exception cref="ArgumentException">The node is this one, or of another cluster.</exception>
    public async Task RejoinAsync(LocalNode primary, CancellationToken cancellationToken = default)
    {
        CheckUpstream(primary);
        await KillAsync(cancellationToken).ConfigureAwait(false);
        await _context.Supervisor.RemoveDataAsync("remove", _server.DataDirectory, cancellationToken).ConfigureAwait(false);
        await primary.AddSlotAsync(this, cancellationToken).ConfigureAwait(false);
        await _server.RunAsync(
            [
                _context.Program("pg_basebackup"), "-D", _server.DataDirectory, "-R", "-X", "stream", "-c", "fast", "--no-sync",
                "-d", _context.ReplicationConnectionInfo(primary.Port, ApplicationName),
            ],
            cancellationToken).ConfigureAwait(false);
        Upstream = primary;
        WriteUpstream();
        _context.Links.Repoint(this);
        await HealAsync(cancellationToken).ConfigureAwait(false);
        await _server.StartAsync(cancellationToken).ConfigureAwait(false);
        await UntilStreamingAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How this node reaches another one of its cluster over its replication link, which leads there from now on.</summary>
    internal string RouteTo(LocalNode upstream)
    {
        CheckUpstream(upstream);
        if (Upstream != upstream)
        {
            Upstream = upstream;
            _context.Links.Repoint(this);
        }

        return _context.ReplicationConnectionInfo(_context.Links.Replication(this).Port);
    }

    /// <summary>Makes this stopped node's files those of a standby of another one: what both have in common stays, what only this one had goes.</summary>
    internal async Task RewindAsync(LocalNode source, string connection, string slot, CancellationToken cancellationToken)
    {
        CheckUpstream(source);
        await _server.RunAsync(
            [
                _context.Program("pg_rewind"), "--target-pgdata", _server.DataDirectory, "-R", "--no-sync",
                "--source-server", $"{_context.ReplicationConnectionInfo(source.Port)} dbname={AdminDatabase}",
            ],
            cancellationToken).ConfigureAwait(false);
        PostgresConfiguration.WriteUpstream(_server.DataDirectory, connection, slot);
    }

    /// <summary>Sets which replicas a commit on this primary waits for, and returns when new commits do wait.</summary>
    /// <param name="names">
    /// <c>synchronous_standby_names</c> in terms of <see cref="ApplicationName"/>, such as <c>ANY 1 (americas_us_west_2, americas_sa_east_1)</c>;
    /// null for none.
    /// </param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task SetSynchronousStandbysAsync(string? names, CancellationToken cancellationToken = default)
    {
        await SetAsync("synchronous_standby_names", names ?? "", cancellationToken).ConfigureAwait(false);
        // Sessions learn of it from the checkpointer, which reads its configuration before it does anything else.
        await ExecuteAsync("CHECKPOINT", cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Where the present timeline left the one before.</summary>
    internal async Task<NpgsqlLogSequenceNumber> ForkAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAdminAsync(AdminDatabase, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            // One line per former timeline: number, position, reason.
            var history = await connection.ReadAsync(
                "SELECT pg_read_file('pg_wal/' || max(name)) FROM pg_ls_waldir() WHERE name LIKE '%.history'", cancellationToken).ConfigureAwait(false);
            return NpgsqlLogSequenceNumber.Parse(history.TrimEnd().Split('\n')[^1].Split('\t')[1]);
        }
    }

    internal async Task AddSlotAsync(LocalNode replica, CancellationToken cancellationToken)
    {
        var connection = await OpenAdminAsync(AdminDatabase, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.AddSlotAsync(replica, cancellationToken).ConfigureAwait(false);
        }
    }

    internal void WriteUpstream() => PostgresConfiguration.WriteUpstream(
        _server.DataDirectory,
        _context.ReplicationConnectionInfo(_context.Links.Replication(this).Port, ApplicationName),
        ApplicationName);

    // Asked of both ends, for the replica's own word may still be about its former upstream; and with the timeline, for a replica that
    // cannot follow to the new one streams for a moment what both histories share.
    internal async Task UntilStreamingAsync(CancellationToken cancellationToken)
    {
        var what = $"{Name} streams from {Upstream.Name}";
        await Upstream.UntilAsync(
            $"SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = '{ApplicationName}' AND state = 'streaming')",
            what,
            cancellationToken,
            _server.LogTail).ConfigureAwait(false);
        var timeline = await Upstream.TimelineAsync(cancellationToken).ConfigureAwait(false);
        await UntilAsync(
            $"SELECT EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming' AND received_tli = {timeline})",
            what,
            cancellationToken).ConfigureAwait(false);
    }

    // The control file lags a promotion; the name of the file being written does not.
    private async Task<string> TimelineAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAdminAsync(AdminDatabase, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await connection.ReadAsync(
                """
                SELECT (CASE WHEN pg_is_in_recovery() THEN (SELECT received_tli FROM pg_stat_wal_receiver)
                             ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END)::text
                """,
                cancellationToken).ConfigureAwait(false);
        }
    }

    private void CheckUpstream(LocalNode upstream)
    {
        ArgumentNullException.ThrowIfNull(upstream);
        if (upstream == this || upstream.Cluster != Cluster)
            throw new ArgumentException($"{Name} can stream from another node of {Cluster.Name}, not from {upstream.Name}.", nameof(upstream));
    }

    private async Task SetAsync(string setting, string value, CancellationToken cancellationToken)
    {
        var literal = value.Replace("'", "''", StringComparison.Ordinal);
        await ExecuteAsync($"ALTER SYSTEM SET {setting} = '{literal}'", cancellationToken).ConfigureAwait(false);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken).ConfigureAwait(false);

        // A session that begins now has what the server has read; its other processes were told before.
        await Poll.UntilAsync(
            async token =>
            {
                var connection = await OpenAdminAsync(AdminDatabase, token).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    return await connection.AskAsync($"SELECT setting = '{literal}' FROM pg_settings WHERE name = '{setting}'", token).ConfigureAwait(false);
                }
            },
            $"{Name} has {setting} = '{value}'",
            _context.Options.StepTimeout,
            _server.LogTail,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var connection = await OpenAdminAsync(AdminDatabase, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UntilAsync(string question, string what, CancellationToken cancellationToken, Func<string>? details = null)
    {
        var connection = await OpenAdminAsync(AdminDatabase, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await Poll.UntilAsync(
                async token => await connection.AskAsync(question, token).ConfigureAwait(false),
                what,
                _context.Options.StepTimeout,
                details ?? _server.LogTail,
                cancellationToken).ConfigureAwait(false);
        }
    }
}
