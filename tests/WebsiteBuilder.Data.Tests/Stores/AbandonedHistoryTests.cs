using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Stores;

/// <summary>A history remembers branches that were given up, and nothing else.</summary>
public sealed class AbandonedHistoryTests
{
    private static readonly HistoryId First = new(1);
    private static readonly LogHistory Root = new(First, 1, []);
    private static readonly LogHistory Winner = new(new HistoryId(2), 2, [new HistoryAncestor(First, 800)]);
    private static readonly LogHistory Loser = new(new HistoryId(3), 2, [new HistoryAncestor(First, 640)]);

    [Fact]
    public void A_sibling_ends_where_both_left_what_they_share()
    {
        var history = Winner.Remembering(Root, [Loser]);

        Assert.Equal(640UL, history.EndOf(Loser.Id));
        Assert.Null(history.SharedWith(Loser.Id));
        Assert.Equal(800UL, history.EndOf(First));
        Assert.Null(history.EndOf(new HistoryId(9)));
    }

    [Fact]
    public void A_history_that_continues_this_one_is_not_abandoned()
    {
        var history = Root.Remembering(null, [Winner, Loser]);

        Assert.Same(Root, history);
        Assert.Null(history.EndOf(Winner.Id));
    }

    [Fact]
    public void The_memory_goes_on_with_the_next_history_and_is_bounded()
    {
        var history = Winner.Remembering(Root, [Loser]);
        for (uint i = 10; i < 40; i++)
        {
            history = history.Remembering(history, [new LogHistory(new HistoryId(i), 2, [new HistoryAncestor(First, 700)])]);
        }

        Assert.Equal(16, history.Abandoned);
        Assert.Equal(700UL, history.EndOf(new HistoryId(39)));
        var next = new LogHistory(new HistoryId(50), 3, [new HistoryAncestor(First, 800), new HistoryAncestor(Winner.Id, 1_600)]);
        Assert.Equal(700UL, next.Remembering(history, []).EndOf(new HistoryId(39)));
    }
}
