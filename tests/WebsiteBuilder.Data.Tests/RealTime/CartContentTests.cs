using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class CartContentTests
{
    private const long Now = 1_764_000_000_000;

    private static readonly RegionId[] Regions = [RegionId.Parse("eu-west-1"), RegionId.Parse("us-east-1")];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Merging_gives_the_same_in_any_order_and_however_often_clearings_included(int seed)
    {
        Random random = new(seed);
        for (var run = 0; run < 300; run++)
        {
            var (a, b, c) = (Any(random), Any(random), Any(random));
            AssertSame(a.Merge(b), b.Merge(a));
            AssertSame(a.Merge(b).Merge(c), a.Merge(b.Merge(c)));
            AssertSame(a.Merge(b), a.Merge(b).Merge(b));
            AssertSame(a, a.Merge(CartContent.Empty with { IsPartial = true }));
        }
    }

    [Fact]
    public void What_was_cleared_stays_out_and_what_is_put_in_afterwards_is_in_however_late_the_clock_is()
    {
        var there = CartContent.Empty.With("tea", 2, Now + 60_000, Regions[1]);
        var cleared = there.Cleared(Now, Regions[0]);
        Assert.Empty(cleared.Merge(there).Lines);
        Assert.Equal(3, cleared.With("cup", 3, Now - 60_000, Regions[0]).Merge(there).QuantityOf("cup"));
        Assert.Equal(["pot"], cleared.Merge(there.With("pot", 1, Now, Regions[1])).Lines.Select(static line => line.Sku));
    }

    [Fact]
    public void What_was_erased_for_good_takes_nothing_in_whatever_the_clocks_say()
    {
        var erased = CartContent.Empty.With("tea", 2, Now, Regions[0]).ErasedForGood();
        Assert.True(erased.IsErasedForGood);
        Assert.Empty(erased.Merge(CartContent.Empty.With("cup", 1, 999_999_999_999_999, Regions[1])).Lines);
        Assert.True(erased.Merge(CartContent.Empty.Cleared(Now, Regions[1])).IsErasedForGood);
        Assert.True(erased.Cleared(Now, Regions[0]).IsErasedForGood);
        Assert.False(CartContent.Empty.Cleared(Now, Regions[0]).IsErasedForGood);
    }

    [Fact]
    public void What_is_kept_in_Redis_is_read_back_and_what_isnt_a_cart_says_so()
    {
        foreach (var content in new[] { CartContent.Empty, CartContent.Empty.With("tea", 2, Now, Regions[0]) with { IsPartial = true }, CartContent.Empty.Cleared(Now, Regions[1]) })
        {
            AssertSame(content, CartForm.ContentOf(new KeyValueEntry("k", CartForm.BytesOf(content), 1)));
        }

        foreach (var text in new[] { "", "null", "{}", "[]", "{\"lines\":[null]}", "{\"lines\":[{\"sku\":null,\"quantity\":1,\"stamp\":\"1\"}]}" })
        {
            var error = Assert.Throws<RedisFaultException>(() => CartForm.ContentOf(new KeyValueEntry("k", System.Text.Encoding.UTF8.GetBytes(text), 1)));
            Assert.Equal(RedisFaultKind.Malformed, error.Kind);
        }
    }

    private static void AssertSame(CartContent expected, CartContent actual)
    {
        Assert.Equal(expected.Lines, actual.Lines);
        Assert.Equal((expected.Erased, expected.IsPartial), (actual.Erased, actual.IsPartial));
        Assert.True(expected.IsSameAs(actual));
    }

    private static CartContent Any(Random random) => Enumerable.Range(0, random.Next(6)).Aggregate(
        CartContent.Empty with { IsPartial = random.Next(2) == 0 },
        (content, _) => random.Next(5) == 0
            ? content.Cleared(Now + random.Next(4), Regions[random.Next(2)])
            : content.With($"a{random.Next(4)}", random.Next(3), Now + random.Next(4), Regions[random.Next(2)]));
}
