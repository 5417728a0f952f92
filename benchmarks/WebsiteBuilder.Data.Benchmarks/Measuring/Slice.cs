using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Benchmarks.Measuring;

/// <summary>What was done in a short stretch of time.</summary>
/// <param name="Count">How many operations, or rows where an operation brings several.</param>
/// <param name="Elapsed">By the clock.</param>
/// <param name="Cpu">Of this process, all threads; the servers' isn't in it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Slice(long Count, TimeSpan Elapsed, TimeSpan Cpu)
{
    /// <summary>The finest unit that the clock ticks in.</summary>
    public double Nanoseconds => Elapsed.TotalNanoseconds / Count;

    public double Microseconds => Elapsed.TotalMicroseconds / Count;

    public double CpuMicroseconds => Cpu.TotalMicroseconds / Count;

    public double PerSecond => Count / Elapsed.TotalSeconds;
}
