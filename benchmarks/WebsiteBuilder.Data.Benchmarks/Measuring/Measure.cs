namespace WebsiteBuilder.Data.Benchmarks.Measuring;

/// <summary>What is read off a slice.</summary>
internal sealed record Measure(string Unit, Func<Slice, double> Figure)
{
    public static Measure Time { get; } = new("us", static slice => slice.Microseconds);

    public static Measure Cpu { get; } = new("us", static slice => slice.CpuMicroseconds);

    public static Measure Reads { get; } = new("reads/s", static slice => slice.PerSecond);

    public static Measure Rows { get; } = new("rows/s", static slice => slice.PerSecond);
}
