using WebsiteBuilder.Data.Benchmarks.Scale;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class CurveTests
{
    [Theory]
    [InlineData(0, 7)]
    [InlineData(0.5, 70)]
    [InlineData(1, 700)]
    [InlineData(-0.5, 0.7)]
    public void It_says_how_the_cost_grows(double exponent, double last) => Assert.Equal(exponent, Grows(7, last).Exponent, 6);

    [Fact]
    public void Growing_more_than_it_may_is_not_kept()
    {
        Assert.True(Grows(7, 7 * 1.5).IsKept);
        Assert.False(Grows(7, 7 * 20).IsKept);
    }

    [Fact]
    public void A_picture_shows_every_point()
    {
        var svg = ScaleChart.Draw([Grows(7, 9), Grows(1, 100)], "a day, a machine.");

        Assert.StartsWith("<svg ", svg, StringComparison.Ordinal);
        Assert.EndsWith("</svg>\n", svg, StringComparison.Ordinal);
        Assert.Equal(4, svg.Split("<circle ").Length - 1);
        Assert.Contains("a day, a machine.", svg, StringComparison.Ordinal);
        Assert.Equal("svg", System.Xml.Linq.XDocument.Parse(svg).Root!.Name.LocalName);
    }

    private static Curve Grows(double first, double last) =>
        new("name", "a read", "nodes", "ns", "in memory", 0.25, [new CurvePoint(10, first), new CurvePoint(1_000, last)]);
}
