using WebsiteBuilder.Data.Stores.Redis;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Stores.Redis;

public sealed class BriefWatchTests
{
    private static readonly TimeSpan Look = TimeSpan.FromMicroseconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly BriefWatch _watch;
    private TimeSpan _perYield = Look;
    private int _comesAfter = int.MaxValue;
    private int _yields;

    public BriefWatchTests() => _watch = new BriefWatch(
        _time,
        () => _yields >= _comesAfter,
        () =>
        {
            _yields++;
            _time.Advance(_perYield);
        });

    [Fact]
    public void What_is_there_already_is_not_watched_for()
    {
        Assert.Equal(0, Watch(comesAfter: 0));
    }

    [Fact]
    public void It_returns_when_something_comes_and_goes_on_watching_next_time()
    {
        Assert.Equal(3, Watch(comesAfter: 3));
        Assert.Equal(7, Watch(comesAfter: 7));
    }

    [Fact]
    public void A_server_that_is_far_is_not_watched_for_again_until_a_rest_is_over()
    {
        Assert.Equal(51, Watch(comesAfter: int.MaxValue));
        Assert.Equal(0, Watch(comesAfter: 1));
        _time.Advance(BriefWatch.ShortestRest);
        Assert.Equal(1, Watch(comesAfter: 1));
    }

    [Fact]
    public void Who_loses_the_processor_rests_even_if_the_answer_has_come_meanwhile()
    {
        _perYield = TimeSpan.FromMilliseconds(3);
        Assert.Equal(1, Watch(comesAfter: 1));
        _perYield = Look;
        Assert.Equal(0, Watch(comesAfter: 1));
    }

    [Fact]
    public void Rests_grow_to_their_limit_while_it_does_not_pay_and_shrink_again_while_it_does()
    {
        var rest = BriefWatch.ShortestRest;
        for (var failures = 0; failures < 12; failures++)
        {
            Assert.Equal(51, Watch(comesAfter: int.MaxValue));
            _time.Advance(rest - Look);
            Assert.Equal(0, Watch(comesAfter: 1));
            _time.Advance(Look);
            rest = rest * 2 < BriefWatch.LongestRest ? rest * 2 : BriefWatch.LongestRest;
        }

        for (var successes = 0; successes < 100; successes++)
        {
            Assert.Equal(2, Watch(comesAfter: 2));
        }

        Assert.Equal(51, Watch(comesAfter: int.MaxValue));
        _time.Advance(BriefWatch.ShortestRest);
        Assert.Equal(1, Watch(comesAfter: 1));
    }

    [Fact]
    public void A_clock_that_stands_still_does_not_hold_it()
    {
        _perYield = TimeSpan.Zero;
        Assert.Equal(BriefWatch.MaxLooks, Watch(comesAfter: int.MaxValue));
    }

    private int Watch(int comesAfter)
    {
        (_yields, _comesAfter) = (0, comesAfter);
        _watch.Wait();
        return _yields;
    }
}
