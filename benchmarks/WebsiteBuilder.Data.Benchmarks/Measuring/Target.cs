using System.Globalization;

namespace WebsiteBuilder.Data.Benchmarks.Measuring;

/// <summary>What is wanted of a figure.</summary>
/// <param name="IsCeiling">Whether it may be that high at most, or must be that high at least.</param>
/// <param name="Bound">The bound.</param>
/// <param name="Unit">Its unit; empty for a ratio.</param>
/// <param name="MaxBytes">How many bytes an operation may allocate; null where that isn't asked.</param>
internal sealed record Target(bool IsCeiling, double Bound, string Unit = "", long? MaxBytes = null)
{
    /// <summary>Ceilings this tight are judged on CPU time: the clock's noise on a shared machine is wider than they are.</summary>
    private const double Tight = 1.05;

    /// <summary>Whether CPU time per operation is judged instead of the clock's.</summary>
    public bool IsOnCpu => IsCeiling && Unit.Length == 0 && Bound is >= 1 and <= Tight;

    public static Target AtMost(double bound, string unit = "", long? maxBytes = null) => new(IsCeiling: true, bound, unit, maxBytes);

    public static Target AtLeast(double bound) => new(IsCeiling: false, bound);

    /// <summary>Missed only if the whole interval misses it, or if bytes are allocated that must not be.</summary>
    public bool IsKept(Interval interval, double? bytes = null) =>
        (IsCeiling ? interval.Low <= Bound : interval.High >= Bound) && (MaxBytes is null || bytes <= MaxBytes);

    public override string ToString()
    {
        var bound = string.Create(CultureInfo.InvariantCulture, $"{(IsCeiling ? "<=" : ">=")} {Bound} {Unit}").TrimEnd();
        return MaxBytes is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{bound}, {bytes} B") : bound;
    }
}
