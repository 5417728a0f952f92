using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

/// <summary>When two copies may no longer take from each other.</summary>
public sealed class GlobalTouchTests
{
    private const long Life = 1_000;
    private const long Skew = 10;

    private static readonly GlobalTouch Fresh = new(Now: 5_000, Began: 1_000, Copied: 4_990, Forgotten: 3_900);

    [Fact]
    public void Two_that_copied_lately_and_forgot_only_what_both_had_heard_of_are_in_touch() => Assert.False(IsLost(Fresh, Fresh));

    [Fact]
    public void Two_that_did_not_copy_for_the_life_of_deletions_in_one_direction_are_not() =>
        Assert.True(IsLost(Fresh, Fresh with { Copied = 5_000 - Life }) && IsLost(Fresh with { Copied = 0 }, Fresh));

    [Fact]
    public void One_whose_clock_was_ahead_and_forgot_what_the_other_had_not_heard_of_is_out_of_touch()
    {
        Assert.True(IsLost(Fresh with { Forgotten = 4_995 }, Fresh));
        Assert.True(IsLost(Fresh, Fresh with { Forgotten = 4_985 }));
        Assert.False(IsLost(Fresh, Fresh with { Forgotten = 4_980 }));
    }

    [Fact]
    public void One_that_began_anew_is_in_touch_again() =>
        Assert.False(IsLost(Fresh with { Began = 5_000, Copied = 0, Forgotten = 0 }, Fresh with { Forgotten = 4_985 }));

    private static bool IsLost(GlobalTouch here, GlobalTouch there) => GlobalTouch.IsLost(here, there, Life, Skew) | GlobalTouch.IsLost(there, here, Life, Skew);
}
