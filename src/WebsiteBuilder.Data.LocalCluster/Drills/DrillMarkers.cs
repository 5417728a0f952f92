using System.Collections.Concurrent;
using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Writes numbered rows to whoever is primary of a cluster, as fast as they are acknowledged but for a short pause, and remembers when each was.</summary>
internal sealed class DrillMarkers(PostgresCluster cluster, string durability, long parity)
{
    private const string Table = "wbd_drill";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(25);

    private readonly ConcurrentQueue<Mark> _acknowledged = new();
    private long _next;

    /// <summary>A row that was acknowledged, when, and by whom.</summary>
    internal readonly record struct Mark(long Id, long At, LocalNode Node);

    public IReadOnlyCollection<Mark> Acknowledged => _acknowledged;

    public static Task CreateAsync(PostgresCluster cluster, CancellationToken cancellationToken) =>
        ExecuteAsync(cluster.Primary, $"DROP TABLE IF EXISTS {Table}; CREATE TABLE {Table} (id bigint PRIMARY KEY)", cancellationToken);

    public static Task DropAsync(PostgresCluster cluster, CancellationToken cancellationToken) => ExecuteAsync(cluster.Primary, $"DROP TABLE IF EXISTS {Table}", cancellationToken);

    /// <summary>The rows that a node holds.</summary>
    public static async Task<HashSet<long>> ReadAsync(LocalNode node, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(node, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand($"SELECT coalesce(array_agg(id), '{{}}') FROM {Table}", connection);
            await using (command.ConfigureAwait(false))
            {
                return [.. (long[])(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!];
            }
        }
    }

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var turn = 0; !cancellationToken.IsCancellationRequested; turn++)
        {
            try
            {
                await WriteAsync(cluster.Nodes[turn % cluster.Nodes.Count], cancellationToken).ConfigureAwait(false);
            }
            catch (NpgsqlException)
            {
                // Somebody else may be primary by now.
            }

            await Task.Delay(Again, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>As long as the node takes writes. A number is never used again: what isn't acknowledged may be there.</summary>
    private async Task WriteAsync(LocalNode node, CancellationToken cancellationToken)
    {
        if (!node.IsRunning) return;
        try
        {
            var connection = await OpenAsync(node, cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                if (await connection.AskAsync("SELECT pg_is_in_recovery()", cancellationToken).ConfigureAwait(false)) return;

                await connection.ExecuteAsync($"SET synchronous_commit = {durability}", cancellationToken).ConfigureAwait(false);
                var isCancelled = false;
                connection.Notice += (_, notice) => isCancelled |= notice.Notice.SqlState == PostgresErrorCodes.Warning;
                while (!cancellationToken.IsCancellationRequested && !isCancelled)
                {
                    var id = (Interlocked.Increment(ref _next) * 2) + parity;
                    await connection.ExecuteAsync($"INSERT INTO {Table} VALUES ({id})", cancellationToken).ConfigureAwait(false);
                    if (!isCancelled) _acknowledged.Enqueue(new Mark(id, TimeProvider.System.GetTimestamp(), node));
                    await Task.Delay(Pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was told to stop.
        }
    }

    private static async Task ExecuteAsync(LocalNode node, string sql, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(node, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>As the application, straight to the server: a drill looks at nodes, not at the ways to them.</summary>
    private static async Task<NpgsqlConnection> OpenAsync(LocalNode node, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(node.DirectConnectionString()) { Pooling = false, Timeout = 5, CommandTimeout = 0 }.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
