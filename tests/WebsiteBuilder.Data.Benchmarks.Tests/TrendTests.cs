using WebsiteBuilder.Data.Benchmarks.Soak;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class TrendTests
{
    [Fact]
    public void The_last_third_is_compared_with_the_first()
    {
        var trend = Trend.Of("heap", "MB", [10, 12, 11, 50, 50, 50, 20, 22, 21], share: 0.5, least: 0);

        Assert.Equal((11, 21, 10), (trend.First, trend.Last, trend.Growth));
        Assert.Equal(5.5, trend.Allowed);
        Assert.False(trend.IsFlat);
    }

    [Fact]
    public void One_reading_that_stands_out_is_no_trend() =>
        Assert.True(Trend.Of("heap", "MB", [10, 10, 10, 10, 10, 10, 10, 90, 10], share: 0.05, least: 0).IsFlat);

    [Fact]
    public void What_shrinks_is_flat() => Assert.True(Trend.Of("heap", "MB", [30, 20, 10], share: 0, least: 0).IsFlat);

    [Theory]
    [InlineData(4, 8, true)]
    [InlineData(4, 9, false)]
    [InlineData(100, 110, true)]
    [InlineData(100, 111, false)]
    public void Little_may_grow_by_what_is_usual(double first, double last, bool isFlat) =>
        Assert.Equal(isFlat, Trend.Of("threads", "", [first, first, last], share: 0.1, least: 4).IsFlat);

    [Fact]
    public void What_could_not_be_read_is_left_out() =>
        Assert.Equal(2, Trend.Of("connections", "", [1, double.NaN, 1, 2, double.NaN, 2, 3, 3], share: 0, least: 0).Growth);

    [Fact]
    public void Two_readings_are_none() =>
        Assert.Throws<ArgumentException>(static () => Trend.Of("heap", "MB", [1, double.NaN, 2], share: 0, least: 0));
}
