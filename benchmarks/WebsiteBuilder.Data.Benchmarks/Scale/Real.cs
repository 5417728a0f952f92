using System.Diagnostics;
using System.Diagnostics.Metrics;
using WebsiteBuilder.Data.Benchmarks.Contenders;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>What was measured at real servers: crowds of callers, and a client that only watches.</summary>
internal static class Real
{
    private const string Ground = "real servers";
    private const int ManyNodes = 60;
    private const int FewNodes = 2;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Watching = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(8);

    /// <summary>Session reads of distinct random keys: microseconds of the clock for each, and of this process's processors.</summary>
    public static async Task<IReadOnlyList<Curve>> CallersAsync(BenchTier tier, CancellationToken cancellationToken)
    {
        var clock = new List<CurvePoint>();
        var cpu = new List<CurvePoint>();
        foreach (var callers in (int[])[1, 10, 100, 1_000, 10_000])
        {
            await using var library = await Library.FindAsync(tier, ConsistencyLevel.Session, callers, cancellationToken);
            await library.RunAsync(WarmUp);
            var slice = await library.RunAsync(Length);
            clock.Add(new CurvePoint(callers, slice.Microseconds));
            cpu.Add(new CurvePoint(callers, slice.CpuMicroseconds));
        }

        return
        [
            new Curve("read-callers", "session read, by the clock", "callers at once", "us", Ground, 0, clock),
            new Curve("read-callers-cpu", "session read, processor time of the client", "callers at once", "us", Ground, 0.1, cpu),
        ];
    }

    /// <summary>What one more node costs a client that only watches: kept bytes, memory of the process, and what is asked of the node.</summary>
    public static async Task<IReadOnlyList<Figure>> WatchingAsync(BenchTier tier, CancellationToken cancellationToken)
    {
        var few = await WatchAsync(tier, FewNodes, TimeSpan.Zero, cancellationToken);
        var many = await WatchAsync(tier, ManyNodes, Watching, cancellationToken);
        var seconds = Watching.TotalSeconds;
        return
        [
            new Figure("memory-node", "a watched node with its connection, managed heap", (many.Heap - few.Heap) / (ManyNodes - FewNodes), "B", Ground),
            new Figure("memory-node-rss", "the same, memory of the process", (many.Resident - few.Resident) / (ManyNodes - FewNodes), "B", Ground),
            new Figure("monitoring-replica", "round trips to a replica while all is well", many.Replicas / (ManyNodes - 1) / seconds, "1/s", Ground),
            new Figure("monitoring-primary", "round trips to a primary while all is well", many.Primary / seconds, "1/s", Ground),
            new Figure("monitoring-bytes", "bytes of one such round trip, both ways", many.Bytes / Math.Max(1, many.Primary + many.Replicas), "B", Ground),
        ];
    }

    private static async Task<Watch> WatchAsync(BenchTier tier, int nodes, TimeSpan length, CancellationToken cancellationToken)
    {
        var (heap, resident) = Memory();
        await using var client = await tier.WatchAsync(nodes, cancellationToken);
        await Task.Delay(Settling, cancellationToken);
        using var traffic = new Traffic();
        await Task.Delay(length, cancellationToken);
        var (primary, replicas, bytes) = traffic.Sum();
        var (heapAfter, residentAfter) = Memory();
        return new Watch(heapAfter - heap, residentAfter - resident, primary, replicas, bytes);
    }

    private static (double Heap, double Resident) Memory()
    {
        var heap = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        return (heap, process.WorkingSet64);
    }

    private sealed record Watch(double Heap, double Resident, double Primary, double Replicas, double Bytes);

    /// <summary>Counts what the driver reports of itself, by pool.</summary>
    private sealed class Traffic : IDisposable
    {
        private const string PoolTag = "db.client.connection.pool.name";
        private readonly MeterListener _listener = new();
        private long _primary;
        private long _replicas;
        private long _bytes;

        public Traffic()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Npgsql")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Count(instrument.Name, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Add(instrument.Name, value));
            _listener.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument.Name, value));
            _listener.Start();
        }

        public (double Primary, double Replicas, double Bytes) Sum()
        {
            _listener.RecordObservableInstruments();
            return (Interlocked.Read(ref _primary), Interlocked.Read(ref _replicas), Interlocked.Read(ref _bytes));
        }

        public void Dispose() => _listener.Dispose();

        private void Count(string instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (instrument != "db.client.operation.duration")
            {
                return;
            }

            foreach (var (name, value) in tags)
            {
                if (name == PoolTag)
                {
                    Interlocked.Increment(ref value is BenchTier.PrimaryName ? ref _primary : ref _replicas);
                }
            }
        }

        private void Add(string instrument, long value)
        {
            if (instrument is "db.client.operation.npgsql.bytes_read" or "db.client.operation.npgsql.bytes_written")
            {
                Interlocked.Add(ref _bytes, value);
            }
        }
    }
}

/// <summary>A single figure.</summary>
internal sealed record Figure(string Name, string Meaning, double Value, string Unit, string Ground);
