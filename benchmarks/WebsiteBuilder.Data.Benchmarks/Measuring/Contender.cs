using System.Diagnostics;

namespace WebsiteBuilder.Data.Benchmarks.Measuring;

/// <summary>
/// One side of a comparison: so many workers, each of which does one operation after the other. Operations return how many rows they brought,
/// so that neither side can win by not looking.
/// </summary>
internal sealed class Contender(string name, int workers, Func<int, Func<ValueTask<int>>> open, params IAsyncDisposable[] owned) : IAsyncDisposable
{
    private readonly Func<ValueTask<int>>[] _workers = [.. Enumerable.Range(0, workers).Select(open)];

    public string Name { get; } = name;

    /// <summary>Works for about that long.</summary>
    public async Task<Slice> RunAsync(TimeSpan duration)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var startedAt = Stopwatch.GetTimestamp();
        var end = startedAt + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var counts = await Task.WhenAll(_workers.Select(operation => Task.Run(() => WorkAsync(operation, end))));
        return new Slice(counts.Sum(), Stopwatch.GetElapsedTime(startedAt), Environment.CpuUsage.TotalTime - cpu);
    }

    /// <summary>Bytes that one row costs in this process, with all workers at work, background work included.</summary>
    public async Task<double> BytesAsync(int operations)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var rows = await Task.WhenAll(_workers.Select(operation => Task.Run(() => CountAsync(operation, operations / _workers.Length))));
        return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / rows.Sum();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in owned)
        {
            await thing.DisposeAsync();
        }
    }

    private static async Task<int> CountAsync(Func<ValueTask<int>> operation, int times)
    {
        var rows = 0;
        for (var i = 0; i < times; i++)
        {
            rows += await operation();
        }

        return rows;
    }

    private static async Task<long> WorkAsync(Func<ValueTask<int>> operation, long end)
    {
        var count = 0L;
        do
        {
            count += await operation();
        }
        while (Stopwatch.GetTimestamp() < end);

        return count;
    }
}
