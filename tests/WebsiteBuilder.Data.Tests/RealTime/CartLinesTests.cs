using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class CartLinesTests
{
    private const long Now = 1_764_000_000_000;

    private static readonly RegionId[] Regions = [RegionId.Parse("eu-west-1"), RegionId.Parse("us-east-1")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Merging_gives_the_same_in_any_order_and_however_often(int seed)
    {
        Random random = new(seed);
        for (var run = 0; run < 300; run++)
        {
            var (a, b, c) = (Any(random), Any(random), Any(random));
            Assert.Equal(CartLines.Merge(a, b), CartLines.Merge(b, a));
            Assert.Equal(CartLines.Merge(CartLines.Merge(a, b), c), CartLines.Merge(a, CartLines.Merge(b, c)));
            Assert.Equal(CartLines.Merge(a, b), CartLines.Merge(CartLines.Merge(a, b), b));
            Assert.Equal(CartLines.Merge(a, []), a);
        }
    }

    [Fact]
    public void A_change_wins_over_all_that_was_seen_however_late_the_clock_is()
    {
        var ahead = CartLines.With([], "tea", 2, Now + 60_000, Regions[1]);
        var behind = CartLines.With(ahead, "tea", 5, Now, Regions[0]);
        Assert.Equal(5, CartLines.Merge(ahead, behind).Single().Quantity);
        Assert.Equal(0, CartLines.Merge(behind, CartLines.With(behind, "tea", 0, Now - 1, Regions[1])).Single().Quantity);
    }

    [Fact]
    public void Different_articles_of_two_regions_are_both_there_and_of_one_the_later_stays()
    {
        var here = CartLines.With(CartLines.With([], "tea", 1, Now, Regions[0]), "cup", 1, Now, Regions[0]);
        var there = CartLines.With(CartLines.With([], "tea", 3, Now + 5, Regions[1]), "pot", 1, Now + 5, Regions[1]);
        Assert.Equal([("cup", 1), ("pot", 1), ("tea", 3)], CartLines.Merge(here, there).Select(static line => (line.Sku, line.Quantity)));
    }

    [Fact]
    public void What_was_taken_out_is_forgotten_after_its_time_and_beyond_the_last_two_hundred()
    {
        IReadOnlyList<CartLine> lines = [];
        for (var at = 0; at < 210; at++)
        {
            lines = CartLines.With(lines, $"a{at}", at == 0 ? 1 : 0, Now + at, Regions[0]);
        }

        var all = CartLines.Since(lines, DateTimeOffset.FromUnixTimeMilliseconds(0));
        Assert.Equal(201, all.Count);
        Assert.DoesNotContain(all, static line => line.Sku == "a9");
        Assert.Contains(all, static line => line.Sku == "a10");
        Assert.Equal(["a0", "a209"], CartLines.Since(lines, DateTimeOffset.FromUnixTimeMilliseconds(Now + 209)).Select(static line => line.Sku));
    }

    private static IReadOnlyList<CartLine> Any(Random random) => Enumerable.Range(0, random.Next(6)).Aggregate(
        (IReadOnlyList<CartLine>)[],
        (lines, _) => CartLines.With(lines, $"a{random.Next(4)}", random.Next(3), Now + random.Next(4), Regions[random.Next(2)]));
}
