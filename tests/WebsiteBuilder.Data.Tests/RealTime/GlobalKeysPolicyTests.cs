using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class GlobalKeysPolicyTests
{
    private const long Life = 1_000;

    [Fact]
    public void Deletions_outlive_two_full_copies_the_pauses_and_the_difference_of_clocks()
    {
        GlobalKeysPolicy.Default.Require();
        var policy = GlobalKeysPolicy.Default with { FullInterval = TimeSpan.FromHours(1), Interval = TimeSpan.FromMinutes(2), MaxClockSkew = TimeSpan.FromMinutes(1) };
        var least = TimeSpan.FromMinutes(120 + 6 + 1);
        (policy with { TombstoneLife = least + TimeSpan.FromSeconds(1) }).Require();
        Assert.Throws<ArgumentOutOfRangeException>((policy with { TombstoneLife = least }).Require);
        Assert.Throws<ArgumentOutOfRangeException>((GlobalKeysPolicy.Default with { FullInterval = TimeSpan.FromDays(4) }).Require);
        Assert.Throws<ArgumentOutOfRangeException>((GlobalKeysPolicy.Default with { MaxClockSkew = TimeSpan.FromMilliseconds(999) }).Require);
        Assert.Throws<ArgumentOutOfRangeException>((GlobalKeysPolicy.Default with { MaxClockSkew = TimeSpan.FromDays(2) }).Require);
    }

    [Theory]
    // Both have copied lately.
    [InlineData(5_000, 1, 4_000, 5_000, 1, 4_000, false)]
    // One of them hasn't, whichever it is.
    [InlineData(5_000, 1, 3_999, 5_000, 1, 4_900, true)]
    [InlineData(5_000, 1, 4_900, 5_000, 1, 3_999, true)]
    // Never, but one of them is new: it has nothing old and knows of nothing old.
    [InlineData(5_000, 4_500, 0, 5_000, 1, 0, false)]
    [InlineData(5_000, 1, 0, 5_000, 4_500, 0, false)]
    [InlineData(5_000, 1, 0, 5_000, 1, 0, true)]
    public void Copies_that_havent_heard_of_each_other_for_the_life_of_a_deletion_are_out_of_touch(
        long now, long began, long copied, long otherNow, long otherBegan, long otherCopied, bool isLost) =>
        Assert.Equal(isLost, GlobalTouch.IsLost(new GlobalTouch(now, began, copied, 0, 0, 0), new GlobalTouch(otherNow, otherBegan, otherCopied, 0, 0, 0), Life, 0));
}
