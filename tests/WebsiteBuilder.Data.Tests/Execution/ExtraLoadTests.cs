using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Runtime;

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
        var (lately, asked, taken) = (default(FadingCount), 0L, 0L);
        for (var tick = 0; tick < 120 * 100; tick++)
        {
            var now = tick * Second / 100;
            lately.Add(perSecond / 100, now);
            asked += perSecond / 100;
            while (load.TryTake(lately.At(now), now))
            {
                lately.Add(1, now);
                taken++;
            }
        }

        Assert.InRange(taken / (double)asked, share * 0.9, share * 1.001);
    }

    [Fact]
    public void Without_any_load_a_little_is_allowed()
    {
        var load = new ExtraLoad(share: 0.1, atRest: 10);

        Assert.Equal(100, Enumerable.Range(0, 1_000).Count(_ => load.TryTake(0, TimeSpan.Zero)));
        Assert.InRange(Enumerable.Range(1, 1_000).Count(i => load.TryTake(0, i * Second / 100)), 90, 101);
    }

    [Fact]
    public void What_was_asked_just_now_pays_however_long_it_was_quiet_before()
    {
        var load = new ExtraLoad(share: 0.1, atRest: 0);
        var lately = default(FadingCount);
        var now = TimeSpan.FromHours(1);
        lately.Add(10_000, now);

        // An eleventh of all that is asked then.
        Assert.Equal(909, Enumerable.Range(0, 10_000).Count(_ => load.TryTake(lately.At(now), now)));
    }

    [Fact]
    public void A_busy_day_does_not_pay_for_the_night()
    {
        var load = new ExtraLoad(share: 0.1, atRest: 0);
        var lately = default(FadingCount);
        lately.Add(1_000_000, TimeSpan.Zero);

        Assert.False(load.TryTake(lately.At(TimeSpan.FromMinutes(3)), TimeSpan.FromMinutes(3)));
    }

    [Fact]
    public void Never_more_is_taken_than_the_share_and_what_is_allowed_at_rest()
    {
        var random = new Random(5);
        for (var round = 0; round < 1_000; round++)
        {
            var share = random.NextDouble();
            var load = new ExtraLoad(share, atRest: 2);
            var (lately, asked, taken, now) = (default(FadingCount), 0L, 0L, TimeSpan.Zero);
            for (var step = 0; step < 200; step++)
            {
                var more = random.Next(97);
                asked += more;
                now += TimeSpan.FromMilliseconds(random.Next(300));
                lately.Add(more, now);
                if (load.TryTake(lately.At(now), now))
                {
                    lately.Add(1, now);
                    taken++;
                }
            }

            Assert.InRange(taken, 0, (asked * share) + (2 * (10 + now.TotalSeconds)) + 1e-6);
        }
    }
}
