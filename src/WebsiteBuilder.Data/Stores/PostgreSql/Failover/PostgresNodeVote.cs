using Npgsql;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.PostgreSql.Failover;

/// <summary>The session that holds a server's vote. Everything is done on it, so that nothing is done without the vote.</summary>
internal sealed class PostgresNodeVote(PostgresFailoverNode node, NpgsqlConnection connection, EngineRuntime runtime) : INodeVote
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    public Task<DateTimeOffset> RenewAsync(CancellationToken cancellationToken) => UseAsync(
        async token => new DateTimeOffset((DateTime)(await FailoverSql.AskAsync(connection, "SELECT clock_timestamp()", token).ConfigureAwait(false))!),
        cancellationToken);

    public Task<NodeStanding> ObserveAsync(CancellationToken cancellationToken) => UseAsync(token => node.ObserveAsync(connection, token), cancellationToken);

    public Task DetachAsync(CancellationToken cancellationToken) => UseAsync(
        async token =>
        {
            await SetAsync("primary_conninfo", "", token).ConfigureAwait(false);

            // Twice in a row: the startup process may have been about to begin another receiver when it was told.
            for (var quiet = 0; quiet < 2;)
            {
                var isQuiet = await FailoverSql.AskAsync(
                    connection, "SELECT current_setting('primary_conninfo') = '' AND NOT EXISTS (SELECT FROM pg_stat_wal_receiver)", token).ConfigureAwait(false) is true;
                quiet = isQuiet ? quiet + 1 : 0;
                await runtime.Delay(Look, token).ConfigureAwait(false);
            }

            return true;
        },
        cancellationToken);

    public Task AttachAsync(string upstream, string slot, CancellationToken cancellationToken) => UseAsync(
        async token =>
        {
            await FailoverSql.RunAsync(connection, $"ALTER SYSTEM SET primary_slot_name = {FailoverSql.Literal(slot)}", token).ConfigureAwait(false);
            await SetAsync("primary_conninfo", upstream, token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task PrepareAsync(AcknowledgementRule rule, CancellationToken cancellationToken) => UseAsync(
        async token =>
        {
            await FailoverSql.RunAsync(connection, "ALTER SYSTEM RESET default_transaction_read_only", token).ConfigureAwait(false);
            await SetAsync("synchronous_standby_names", FailoverSql.Write(rule), token).ConfigureAwait(false);

            // Commits learn of it from the checkpointer, which reads its settings before it does anything else.
            await FailoverSql.RunAsync(connection, "CHECKPOINT", token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task<bool> TryPromoteAsync(DateTimeOffset notAfter, TimeSpan within, CancellationToken cancellationToken) => UseAsync(
        async token => await FailoverSql.AskAsync(
            connection,
            "SELECT CASE WHEN clock_timestamp() <= $1 THEN pg_promote(true, $2) END",
            token,
            new NpgsqlParameter<DateTime> { TypedValue = notAfter.UtcDateTime },
            new NpgsqlParameter<int> { TypedValue = Math.Max(1, (int)within.TotalSeconds) }).ConfigureAwait(false) is true,
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            // Something was still on its way; the server ends the session by itself.
        }
    }

    private async Task SetAsync(string setting, string value, CancellationToken cancellationToken)
    {
        await FailoverSql.RunAsync(connection, $"ALTER SYSTEM SET {setting} = {FailoverSql.Literal(value)}", cancellationToken).ConfigureAwait(false);
        await FailoverSql.RunAsync(connection, "SELECT pg_reload_conf()", cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T> UseAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not StoreFaultException)
        {
            throw PostgresFaults.Reading(exception, cancellationToken);
        }
    }
}
