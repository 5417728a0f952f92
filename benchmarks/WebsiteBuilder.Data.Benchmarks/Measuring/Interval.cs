using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Benchmarks.Measuring;

/// <summary>A median and the 95 % interval that it is known within.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Interval(double Low, double Median, double High)
{
    private const int Resamples = 2_000;

    /// <summary>
    /// The percentile bootstrap of the median (Efron 1979): the rounds are drawn anew, with replacement, again and again. It assumes nothing of
    /// their distribution, which on a shared machine has a long tail. The draws are seeded, so the same rounds give the same interval.
    /// </summary>
    /// <exception cref="ArgumentException">There is nothing to take the median of.</exception>
    public static Interval Of(IReadOnlyList<double> rounds)
    {
        if (rounds.Count == 0)
        {
            throw new ArgumentException("An interval needs a round.", nameof(rounds));
        }

        var random = new Random(Seeds.Of(0));
        var medians = new double[Resamples];
        var drawn = new double[rounds.Count];
        for (var i = 0; i < medians.Length; i++)
        {
            for (var j = 0; j < drawn.Length; j++)
            {
                drawn[j] = rounds[random.Next(rounds.Count)];
            }

            medians[i] = MedianOf(drawn);
        }

        Array.Sort(medians);
        return new Interval(medians[(int)(0.025 * Resamples)], MedianOf([.. rounds]), medians[(int)(0.975 * Resamples) - 1]);
    }

    /// <summary>Sorts the values that it is given.</summary>
    private static double MedianOf(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
