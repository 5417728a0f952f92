using Npgsql;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.PostgreSql.Failover;

/// <summary>One server as a coordinator sees it.</summary>
internal sealed class PostgresFailoverNode : IFailoverNode
{
    /// <summary>The advisory locks of coordinators, by shard: nobody else's locks have this number in front.</summary>
    private const int LockClass = 0x77626466;

    /// <summary>Their commits that wait for a standby end with the connection, so nobody takes them for acknowledged. Superusers can only be ended by such.</summary>
    private const string EndClients = """
        SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND usesysid NOT IN (SELECT oid FROM pg_roles WHERE rolsuper)
        """;

    private readonly PostgresConnections _connections;
    private readonly HistoryReader _histories;
    private readonly EngineRuntime _runtime;
    private readonly int _shard;
    private Known? _known;

    public PostgresFailoverNode(string name, int shard, string connectionString, TimeSpan timeout, EngineRuntime runtime)
    {
        Name = name;
        _shard = shard;
        _runtime = runtime;
        _connections = new PostgresConnections(name, connectionString, maxPoolSize: 4, timeout, maxSqlPoolSize: 1);
        _histories = new HistoryReader(_connections, runtime);
    }

    public string Name { get; }

    public Task<NodeStanding> ObserveAsync(CancellationToken cancellationToken) => UseAsync(ObserveAsync, cancellationToken);

    public async Task<INodeVote?> TryTakeVoteAsync(TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connections.CheckString)
        {
            ApplicationName = "WebsiteBuilder.Data coordinator",
            CommandTimeout = 0,
            CancellationTimeout = -1,
        }.ConnectionString);
        var isTaken = false;
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);

            // The server ends the session, and with it the lock, when it has heard nothing for so long.
            await FailoverSql.RunAsync(connection, $"SET idle_session_timeout = {(long)lifetime.TotalMilliseconds}", cancellationToken).ConfigureAwait(false);
            isTaken = await FailoverSql.AskAsync(connection, $"SELECT pg_try_advisory_lock({LockClass}, {_shard})", cancellationToken).ConfigureAwait(false) is true;
            return isTaken ? new PostgresNodeVote(this, connection, _runtime) : null;
        }
        catch (Exception exception)
        {
            throw PostgresFaults.Connecting(exception, cancellationToken);
        }
        finally
        {
            if (!isTaken)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    public Task<bool> FenceAsync(HistoryId history, CancellationToken cancellationToken) => SetFenceAsync(
        history,
        ["ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()", EndClients],
        cancellationToken);

    public Task<bool> UnfenceAsync(HistoryId history, CancellationToken cancellationToken) =>
        SetFenceAsync(history, ["ALTER SYSTEM RESET default_transaction_read_only", "SELECT pg_reload_conf()"], cancellationToken);

    public async Task WelcomeAsync(IReadOnlyList<string> standbys, CancellationToken cancellationToken)
    {
        await _histories.ReadAsync(cancellationToken).ConfigureAwait(false);
        await UseAsync(
            async (connection, token) =>
            {
                await FailoverSql.AskAsync(
                    connection,
                    """
                    SELECT count(pg_create_physical_replication_slot(standby, true)) FROM unnest($1) standby
                    WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = standby)
                    """,
                    token,
                    new NpgsqlParameter<string[]> { TypedValue = [.. standbys] }).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    public Task CheckpointAsync(CancellationToken cancellationToken) => UseAsync(
        static async (connection, token) =>
        {
            await FailoverSql.RunAsync(connection, "CHECKPOINT", token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    /// <summary>What the server at the other end of a connection says.</summary>
    internal async Task<NodeStanding> ObserveAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var (standing, key) = await FailoverSql.ObserveAsync(connection, cancellationToken).ConfigureAwait(false);
        if (key is { } now && _known is { } known && known.Timeline == now.Timeline && known.StartedAt == now.StartedAt)
        {
            return standing with { History = known.History };
        }

        try
        {
            var (history, _) = await _histories.ReadAsync(cancellationToken).ConfigureAwait(false);
            _known = key is { } read && history.Timeline == read.Timeline ? new Known(read.Timeline, read.StartedAt, history) : null;
            return standing with { History = history };
        }
        catch (StoreFaultException) when (!cancellationToken.IsCancellationRequested)
        {
            // It answers, and doesn't say what it is on: a standby, for one, that hasn't replayed the name yet.
            return standing;
        }
    }

    private Task<bool> SetFenceAsync(HistoryId history, string[] statements, CancellationToken cancellationToken) => UseAsync(
        async (connection, token) =>
        {
            var standing = await ObserveAsync(connection, token).ConfigureAwait(false);
            if (!standing.IsPrimary || standing.History?.Id != history)
            {
                return false;
            }

            foreach (var statement in statements)
            {
                await FailoverSql.RunAsync(connection, statement, token).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken);

    private async Task<T> UseAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        var place = await _connections.OpenSureAsync(cancellationToken).ConfigureAwait(false);
        await using (place.ConfigureAwait(false))
        {
            try
            {
                return await work(place.Connection, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is not StoreFaultException)
            {
                throw PostgresFaults.Reading(exception, cancellationToken);
            }
        }
    }

    private sealed record Known(int Timeline, double StartedAt, LogHistory History);
}
