using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Benchmarks.Latency;

/// <summary>How long one kind of operation took in one region. Thread-safe while it is filled.</summary>
internal sealed class Cell(RegionId region, string operation)
{
    private readonly ConcurrentBag<double> _milliseconds = [];
    private int _local;

    public RegionId Region { get; } = region;

    public string Operation { get; } = operation;

    public void Add(TimeSpan took, bool isLocal)
    {
        _milliseconds.Add(took.TotalMilliseconds);
        if (isLocal)
        {
            Interlocked.Increment(ref _local);
        }
    }

    public Quantiles Sum() => Quantiles.Of([.. _milliseconds], _local);
}

/// <summary>The shape of a distribution, in milliseconds.</summary>
/// <param name="Count">Of how many.</param>
/// <param name="LocalPercent">Percent that was answered in the caller's region.</param>
/// <param name="P50">The median.</param>
/// <param name="P95">The nearest rank, as are the others.</param>
/// <param name="P99">99 %.</param>
/// <param name="P999">99.9 %.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Quantiles(int Count, double LocalPercent, double P50, double P95, double P99, double P999)
{
    public static Quantiles Of(double[] values, int local)
    {
        if (values.Length == 0)
        {
            return default;
        }

        Array.Sort(values);
        return new Quantiles(values.Length, 100.0 * local / values.Length, Rank(values, 0.5), Rank(values, 0.95), Rank(values, 0.99), Rank(values, 0.999));
    }

    private static double Rank(double[] sorted, double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
