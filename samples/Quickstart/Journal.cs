using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>One read of a workload.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ReadEntry(long StartedAt, TimeSpan Took, bool IsLocal, bool IsReadBack);

/// <summary>One write of a workload that was acknowledged.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct WriteEntry(long StartedAt, long EndedAt, TimeSpan Took);

/// <summary>What a workload's sessions noted. Thread-safe.</summary>
internal sealed class Journal(TimeProvider time)
{
    private readonly ConcurrentQueue<ReadEntry> _reads = new();
    private readonly ConcurrentQueue<WriteEntry> _writes = new();
    private readonly ConcurrentQueue<DataTierException> _failures = new();
    private int _failedReads;
    private int _failedWrites;
    private int _violations;

    public int FailedReads => _failedReads;

    public int FailedWrites => _failedWrites;

    /// <summary>Reads that broke a session's guarantees.</summary>
    public int Violations => _violations;

    /// <summary>Why operations failed.</summary>
    public IEnumerable<DataTierException> Failures => _failures;

    public void Read(long startedAt, bool isLocal, bool isReadBack, bool keptPromise)
    {
        _reads.Enqueue(new ReadEntry(startedAt, time.GetElapsedTime(startedAt), isLocal, isReadBack));
        if (!keptPromise)
        {
            Interlocked.Increment(ref _violations);
        }
    }

    public void Wrote(long startedAt)
    {
        var endedAt = time.GetTimestamp();
        _writes.Enqueue(new WriteEntry(startedAt, endedAt, time.GetElapsedTime(startedAt, endedAt)));
    }

    public void ReadFailed(DataTierException exception)
    {
        Interlocked.Increment(ref _failedReads);
        _failures.Enqueue(exception);
    }

    public void WriteFailed(DataTierException exception)
    {
        Interlocked.Increment(ref _failedWrites);
        _failures.Enqueue(exception);
    }

    /// <summary>When the first write was acknowledged after a moment; null if none was.</summary>
    public long? FirstWriteOf(long since) => _writes.Where(write => write.EndedAt > since).Select(static write => (long?)write.EndedAt).Min();

    /// <summary>Sums up all reads, or those that pass.</summary>
    public Tally Sum(Func<ReadEntry, bool>? passes = null) => new([.. passes is null ? _reads : _reads.Where(passes)]);

    /// <summary>Sums up the writes that pass; none of them is local or not.</summary>
    public Tally SumWrites(Func<WriteEntry, bool> passes) => new([.. _writes.Where(passes).Select(static write => new ReadEntry(write.StartedAt, write.Took, false, false))]);
}

/// <summary>The sum of some reads.</summary>
internal sealed class Tally(ReadEntry[] reads)
{
    private readonly TimeSpan[] _times = [.. reads.Select(static read => read.Took).Order()];

    public int Count => _times.Length;

    /// <summary>Percent answered in the caller's region; those that waited there for the replica to catch up are among them.</summary>
    public double LocalPercent => Count == 0 ? 0 : 100.0 * reads.Count(static read => read.IsLocal) / Count;

    public TimeSpan Median => Percentile(0.50);

    public TimeSpan P95 => Percentile(0.95);

    public TimeSpan Max => Percentile(1);

    /// <summary>The nearest rank.</summary>
    private TimeSpan Percentile(double share) => Count == 0 ? TimeSpan.Zero : _times[Math.Max(0, (int)Math.Ceiling(share * Count) - 1)];
}
