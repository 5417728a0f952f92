using System.Diagnostics;
using Npgsql;

namespace WebsiteBuilder.Data.Benchmarks.Soak;

/// <summary>What a process holds at one moment of a soak, and how long its operations took since the moment before.</summary>
/// <param name="At">Minutes since the warm-up ended.</param>
/// <param name="HeapBytes">The managed heap after a full collection.</param>
/// <param name="ResidentBytes">The memory of the process.</param>
/// <param name="Timers">Timers that are set.</param>
/// <param name="Threads">The system's threads.</param>
/// <param name="Waiting">Operations begun and not ended.</param>
/// <param name="Handles">Open files and sockets.</param>
/// <param name="Connections">The library's connections at both servers, as they count them; not a number while one is down.</param>
/// <param name="Operations">How many operations ended since the reading before.</param>
/// <param name="P99">Milliseconds that 99 % of the reads since then took at most.</param>
internal sealed record Reading(
    double At, double HeapBytes, double ResidentBytes, double Timers, double Threads, double Waiting, double Handles, double Connections, double Operations, double P99)
{
    /// <summary>Looks. The operations' share is filled in by whoever counted them.</summary>
    public static async Task<Reading> TakeAsync(TimeSpan at, IEnumerable<string> servers, CancellationToken cancellationToken)
    {
        var connections = 0.0;
        foreach (var server in servers)
        {
            connections += await ConnectionsAsync(server, cancellationToken);
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        return new Reading(
            at.TotalMinutes,
            heap,
            process.WorkingSet64,
            Timer.ActiveCount,
            process.Threads.Count,
            0,
            Directory.EnumerateFileSystemEntries("/proc/self/fd").Count(),
            connections,
            0,
            0);
    }

    /// <summary>Not a number while the server is down.</summary>
    private static async Task<double> ConnectionsAsync(string server, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(server) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'WebsiteBuilder.Data%'", connection);
            return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (NpgsqlException)
        {
            return double.NaN;
        }
    }
}
