using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Health;

public class EngineNewsTests
{
    private static readonly EngineView Usual = new("a", "10.0.0.1:8008", 3, IsPaused: false, Switchover: null);
    private static readonly EngineVerdict Nothing = new(IsNews: false, Disagrees: false, IsToBeSaid: false);

    private readonly EngineNews _news = new();

    public static readonly TheoryData<string> Changes = new("another leader", "no leader", "another timeline", "paused", "a switchover is due");

    [Fact]
    public void What_is_said_first_and_what_is_said_again_is_no_news()
    {
        Assert.Equal(Nothing, _news.Look(Usual, 0, 0));
        Assert.Equal(Nothing, _news.Look(Usual with { }, 0, 0));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_may_mean_another_primary_is_news_once(string change)
    {
        var changed = change switch
        {
            "another leader" => Usual with { Leader = "b" },
            "no leader" => Usual with { Leader = null },
            "another timeline" => Usual with { Timeline = 4 },
            "paused" => Usual with { IsPaused = true },
            _ => Usual with { Switchover = "2026-11-22T20:00:00+00:00" },
        };
        _news.Look(Usual, 0, 0);

        Assert.Equal(Nothing with { IsNews = true }, _news.Look(changed, 0, 0));
        Assert.Equal(Nothing, _news.Look(changed, 0, 0));
        Assert.Equal(Nothing with { IsNews = true }, _news.Look(Usual, 0, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(EngineNews.Stranger)]
    public void A_leader_that_isn_t_the_primary_is_told_of_once_and_only_if_it_lasts(int leader)
    {
        Assert.Equal(new EngineVerdict(IsNews: false, Disagrees: true, IsToBeSaid: false), _news.Look(Usual, leader, 0));
        Assert.Equal(new EngineVerdict(IsNews: false, Disagrees: true, IsToBeSaid: true), _news.Look(Usual, leader, 0));
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(new EngineVerdict(IsNews: false, Disagrees: true, IsToBeSaid: false), _news.Look(Usual, leader, 0));
        }
    }

    [Fact]
    public void Once_they_have_agreed_or_it_is_about_others_it_is_told_of_again()
    {
        bool[] said =
        [
            _news.Look(Usual, 1, 0).IsToBeSaid,
            _news.Look(Usual, 1, 0).IsToBeSaid,
            _news.Look(Usual, 2, 0).IsToBeSaid,
            _news.Look(Usual, 2, 0).IsToBeSaid,
            _news.Look(Usual, 0, 0).IsToBeSaid,
            _news.Look(Usual, 2, 0).IsToBeSaid,
            _news.Look(Usual, 2, 0).IsToBeSaid,
        ];

        Assert.Equal([false, true, false, true, false, false, true], said);
    }

    [Fact]
    public void Where_either_knows_of_nobody_they_don_t_disagree()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.False(_news.Look(Usual with { Leader = null }, EngineNews.Stranger, 0).Disagrees);
            Assert.False(_news.Look(Usual, 1, -1).Disagrees);
        }
    }
}
