using WebsiteBuilder.Data.Benchmarks.Measuring;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class IntervalTests
{
    [Fact]
    public void Rounds_that_agree_leave_no_doubt() => Assert.Equal(new Interval(2, 2, 2), Interval.Of([2, 2, 2, 2]));

    [Fact]
    public void A_single_round_is_all_that_is_known() => Assert.Equal(new Interval(3, 3, 3), Interval.Of([3]));

    [Fact]
    public void No_round_has_no_median() => Assert.Throws<ArgumentException>(() => Interval.Of([]));

    [Theory]
    [InlineData(new double[] { 1, 9, 5 }, 5)]
    [InlineData(new double[] { 4, 1, 2, 9 }, 3)]
    public void The_median_is_the_middle_of_the_sorted_rounds(double[] rounds, double median) => Assert.Equal(median, Interval.Of(rounds).Median);

    [Fact]
    public void The_rounds_are_left_in_their_order()
    {
        double[] rounds = [3, 1, 2];

        _ = Interval.Of(rounds);

        Assert.Equal([3, 1, 2], rounds);
    }

    [Fact]
    public void The_same_rounds_give_the_same_interval()
    {
        var rounds = Normal(51, seed: 7);

        Assert.Equal(Interval.Of(rounds), Interval.Of(rounds));
    }

    [Fact]
    public void One_wild_round_moves_nothing()
    {
        double[] rounds = [.. Normal(51, seed: 3)];
        var before = Interval.Of(rounds);

        rounds[Array.IndexOf(rounds, rounds.Max())] = 1_000;

        Assert.Equal(before.Median, Interval.Of(rounds).Median);
        Assert.True(Interval.Of(rounds).High < 2);
    }

    [Fact]
    public void Nineteen_of_twenty_intervals_hold_the_true_median()
    {
        var hits = Enumerable.Range(0, 100).Count(static seed => Interval.Of(Normal(41, seed)) is { Low: <= 1, High: >= 1 });

        // Binomial: 100 draws at 0.95 are below 87 once in a thousand times; the seeds are fixed anyway.
        Assert.InRange(hits, 87, 100);
    }

    /// <summary>Around 1 with a deviation of 0.2, by the sum of twelve uniform draws.</summary>
    private static double[] Normal(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 1 + (0.2 * (Enumerable.Range(0, 12).Sum(_ => random.NextDouble()) - 6)))];
    }
}
