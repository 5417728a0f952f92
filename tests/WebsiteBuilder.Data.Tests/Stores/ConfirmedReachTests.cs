using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

public class ConfirmedReachTests
{
    private static readonly HistoryId One = new(1), Two = new(2);

    private readonly ConfirmedReach _reach = new();

    [Fact]
    public void Nothing_is_sure_at_first() => Assert.False(_reach.Covers(One, 0));

    [Fact]
    public void What_was_confirmed_stays_sure_up_to_its_end()
    {
        _reach.Confirm(One, 100);

        Assert.True(_reach.Covers(One, 100));
        Assert.False(_reach.Covers(One, 101));
        Assert.False(_reach.Covers(Two, 50));
    }

    [Fact]
    public void Within_a_history_the_reach_only_grows()
    {
        _reach.Confirm(One, 100);
        _reach.Confirm(One, 50);

        Assert.True(_reach.Covers(One, 100));
    }

    [Fact]
    public void Another_history_starts_anew()
    {
        _reach.Confirm(One, 100);
        _reach.Confirm(Two, 50);

        Assert.True(_reach.Covers(Two, 50));
        Assert.False(_reach.Covers(Two, 51));
        Assert.False(_reach.Covers(One, 10));
    }
}
