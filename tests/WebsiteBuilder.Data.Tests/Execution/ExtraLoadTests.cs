using WebsiteBuilder.Data.Execution;

namespace WebsiteBuilder.Data.Tests.Execution;

public sealed class ExtraLoadTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(0.05, 100)]
    [InlineData(0.1, 10_000)]
    [InlineData(1.0, 500)]
    public void Under_a_steady_load_the_share_is_all_that_is_taken_and_nothing_of_it_is_lost(double share, int perSecond)
    {
        var load = new ExtraLoad(share, atRest: 0);
        var (asked, taken) = (0L, 0L);
        for (var tick = 0; tick < 60 * 100; tick++)
        {
            asked += perSecond / 100;
            while (asked > 0 && load.TryTake(asked, tick * Second / 100))
            {
                taken++;
                asked++;
            }
        }

        Assert.InRange(taken / (double)(asked - taken), share * 0.9, share * 1.001);
    }

    [Fact]
    public void Without_any_load_a_little_is_allowed()
    {
        var load = new ExtraLoad(share: 0.1, atRest: 10);

        Assert.Equal(100, Enumerable.Range(0, 1_000).Count(_ => load.TryTake(0, TimeSpan.Zero)));
        Assert.Equal(100, Enumerable.Range(1, 1_000).Count(i => load.TryTake(0, i * Second / 100)), 2.0);
    }

    [Fact]
    public void A_quiet_day_does_not_pay_for_a_storm()
    {
        var load = new ExtraLoad(share: 0.1, atRest: 0);
        load.TryTake(0, TimeSpan.Zero);

        var taken = Enumerable.Range(0, 100_000).Count(_ => load.TryTake(1_000_000, TimeSpan.FromDays(1)));

        // 11.6 a second for ten seconds, and a tenth of that.
        Assert.InRange(taken, 9, 12);
    }

    [Fact]
    public void Never_more_is_taken_than_the_share_and_what_is_allowed_at_rest()
    {
        var random = new Random(5);
        for (var round = 0; round < 1_000; round++)
        {
            var share = random.NextDouble();
            var load = new ExtraLoad(share, atRest: 2);
            var (asked, taken, now) = (0L, 0L, TimeSpan.Zero);
            for (var step = 0; step < 200; step++)
            {
                asked += random.Next(97);
                now += TimeSpan.FromMilliseconds(random.Next(300));
                taken += load.TryTake(asked + taken, now) ? 1 : 0;
            }

            Assert.InRange(taken, 0, (asked * share) + (2 * (10 + now.TotalSeconds)) + 1e-6);
        }
    }
}
