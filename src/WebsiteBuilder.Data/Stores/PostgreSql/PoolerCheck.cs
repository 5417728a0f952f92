using Npgsql;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Notices poolers where none is configured, and where none may be. A server greets with the number of its own process; a pooler makes one up,
/// because the process changes. So who is asked for its number and says another one isn't whom the connection was made to.
/// </summary>
internal sealed class PoolerCheck(PostgresConnections connections, EngineRuntime runtime)
{
    public const string Process = "SELECT pg_backend_pid()";

    public const string NotConfigured =
        "reached through a connection pooler that isn't configured: set its Pooler to Transaction, and its DirectConnectionString to the server itself";

    private const string DirectIsPooled = "given a DirectConnectionString that leads to a connection pooler; it must lead straight to the server";

    private const string OtherServer = "given a ConnectionString and a DirectConnectionString that lead to different servers, or the server was just started";

    private volatile string? _problem;
    private long _checked;
    private int _checking;

    /// <summary>Looks at what a probe has seen. The direct way is looked at in the background, once each time that the server is started.</summary>
    /// <param name="greeted">The process that the connection was greeted by.</param>
    /// <param name="answered">The one that answered.</param>
    /// <param name="incarnation">When its server was started.</param>
    /// <exception cref="StoreFaultException">The endpoint's settings don't fit what is there.</exception>
    public void Saw(int greeted, int answered, long incarnation)
    {
        if (!connections.IsPooled)
        {
            if (greeted != answered)
            {
                throw Fault(NotConfigured);
            }

            return;
        }

        if (Volatile.Read(ref _checked) != incarnation && Interlocked.Exchange(ref _checking, 1) == 0)
        {
            _ = runtime.Start(() => CheckDirectAsync(incarnation));
        }

        if (_problem is { } problem)
        {
            throw Fault(problem);
        }
    }

    private async Task CheckDirectAsync(long incarnation)
    {
        try
        {
            var connection = new NpgsqlConnection(connections.CheckString);
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(CancellationToken.None).ConfigureAwait(false);
                var command = new NpgsqlCommand("SELECT pg_backend_pid(), (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint", connection);
                await using (command.ConfigureAwait(false))
                {
                    var reader = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
                    await using (reader.ConfigureAwait(false))
                    {
                        await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                        _problem = reader.GetInt32(0) != connection.ProcessID ? DirectIsPooled : reader.GetInt64(1) != incarnation ? OtherServer : null;
                    }
                }
            }

            if (_problem is null)
            {
                Volatile.Write(ref _checked, incarnation);
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            // The direct way is closed just now: that is no wrong setting, and the next probe looks again.
        }
        finally
        {
            Volatile.Write(ref _checking, 0);
        }
    }

    private static StoreFaultException Fault(string problem) =>
        new(StoreFaultKind.Rejected, WriteDisposition.NotApplied, $"The endpoint is {problem}.") { Setup = problem };
}
