using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

/// <summary>When two copies may no longer take from each other.</summary>
public sealed class GlobalTouchTests
{
    private const long Life = 1_000;
    private const long Skew = 10;

    private static readonly GlobalTouch Fresh = new(Now: 5_000, Began: 1_000, Copied: 4_990, Heard: 70, Forgotten: 60, ForgottenOf: 3_900);
    private static readonly GlobalTouch New = new(Now: 5_000, Began: 4_900, Copied: 0, Heard: 0, Forgotten: 0, ForgottenOf: 0);

    [Fact]
    public void Two_that_copied_lately_and_forgot_only_what_both_had_heard_of_are_in_touch() => Assert.False(IsLost(Fresh, Fresh with { Forgotten = 70 }));

    [Fact]
    public void Two_that_did_not_copy_for_the_life_of_deletions_in_one_direction_are_not() =>
        Assert.True(IsLost(Fresh, Fresh with { Copied = 5_000 - Life }) && IsLost(Fresh with { Copied = 1 }, Fresh));

    [Fact]
    public void One_that_forgot_what_the_other_had_not_heard_of_is_out_of_touch_whatever_the_clocks_say() =>
        Assert.True(IsLost(Fresh with { Forgotten = 71 }, Fresh) && IsLost(Fresh with { Copied = 50_000 }, Fresh with { Forgotten = 71, ForgottenOf = 1 }));

    [Fact]
    public void One_that_is_new_need_not_have_heard_of_what_was_deleted_before_it_began()
    {
        Assert.False(IsLost(New, Fresh with { ForgottenOf = 4_890 }));
        Assert.True(IsLost(New, Fresh with { ForgottenOf = 4_891 }));
    }

    [Fact]
    public void One_that_began_anew_is_in_touch_again() => Assert.False(IsLost(New with { Heard = 80 }, Fresh with { Forgotten = 0 }));

    private static bool IsLost(GlobalTouch here, GlobalTouch there)
    {
        Assert.Equal(GlobalTouch.IsLost(here, there, Life, Skew), GlobalTouch.IsLost(there, here, Life, Skew));
        return GlobalTouch.IsLost(here, there, Life, Skew);
    }
}
