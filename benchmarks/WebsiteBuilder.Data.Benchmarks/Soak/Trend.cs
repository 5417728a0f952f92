namespace WebsiteBuilder.Data.Benchmarks.Soak;

/// <summary>One thing that must not grow, over all readings.</summary>
/// <param name="Name">A stable name.</param>
/// <param name="Unit">In what.</param>
/// <param name="First">The median of the first third.</param>
/// <param name="Last">The median of the last third.</param>
/// <param name="Allowed">How much the last may be above the first: what is usual even where nothing grows.</param>
internal sealed record Trend(string Name, string Unit, double First, double Last, double Allowed)
{
    public double Growth => Last - First;

    public bool IsFlat => Growth <= Allowed;

    /// <param name="name">A stable name.</param>
    /// <param name="unit">In what.</param>
    /// <param name="readings">In the order of time; what isn't a number is left out.</param>
    /// <param name="share">What is usual, as a share of the first.</param>
    /// <param name="least">What is usual at least, however small the first is.</param>
    /// <exception cref="ArgumentException">There are fewer than three values.</exception>
    public static Trend Of(string name, string unit, IEnumerable<double> readings, double share, double least)
    {
        double[] values = [.. readings.Where(double.IsFinite)];
        if (values.Length < 3)
        {
            throw new ArgumentException("A trend needs three readings.", nameof(readings));
        }

        var third = values.Length / 3;
        var first = Median(values.Take(third));
        return new Trend(name, unit, first, Median(values.TakeLast(third)), Math.Max(least, first * share));
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
