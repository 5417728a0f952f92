using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>One measured point of a curve.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct CurvePoint(double X, double Y);

/// <summary>What something costs as something else grows.</summary>
/// <param name="Name">A stable name.</param>
/// <param name="Title">What is measured.</param>
/// <param name="Axis">What grows.</param>
/// <param name="Unit">What the cost is counted in.</param>
/// <param name="Ground">What it was measured on: real servers, simulated ones, or structures in memory alone.</param>
/// <param name="MaxExponent">The most that the cost may grow by: 0 for not at all, 1 for in step.</param>
/// <param name="Points">The points, in the order in which things grow.</param>
internal sealed record Curve(string Name, string Title, string Axis, string Unit, string Ground, double MaxExponent, IReadOnlyList<CurvePoint> Points)
{
    /// <summary>How the cost grows: e in cost = a · x^e, from the first point to the last.</summary>
    public double Exponent => Math.Log(Points[^1].Y / Points[0].Y) / Math.Log(Points[^1].X / Points[0].X);

    /// <summary>Whether it grows no faster than it may.</summary>
    public bool IsKept => Exponent <= MaxExponent;

    public static Curve Of(string name, string title, string axis, string unit, string ground, double maxExponent, IEnumerable<int> steps, Func<int, double> measure) =>
        new(name, title, axis, unit, ground, maxExponent, [.. steps.Select(step => new CurvePoint(step, measure(step)))]);
}
