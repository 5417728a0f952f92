using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class GcraTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void No_span_of_time_has_more_permits_than_its_burst_and_what_came_back_in_it(int seed)
    {
        Random random = new(seed);
        for (var run = 0; run < 50; run++)
        {
            var limit = new RateLimit(random.Next(1, 500), TimeSpan.FromTicks(random.NextInt64(1_000_000, 1_000_000_000)), random.Next(1, 50));
            List<(long At, int Taken)> taken = [];
            long now = 0, at = 0;
            for (var step = 0; step < 200; step++)
            {
                now += random.NextInt64(2 * limit.Interval.Ticks);
                var cost = random.Next(1, limit.Burst + 1);
                var (decision, ahead) = limit.Gcra.Decide(at - now, cost);
                at = now + ahead;
                if (decision.IsAllowed)
                {
                    taken.Add((now, cost));
                }
            }

            for (var from = 0; from < taken.Count; from++)
            {
                long sum = 0;
                for (var to = from; to < taken.Count; to++)
                {
                    sum += taken[to].Taken;
                    Assert.True(sum <= limit.Burst + ((taken[to].At - taken[from].At) / limit.Interval.Ticks));
                }
            }
        }
    }

    [Fact]
    public void What_is_refused_is_allowed_after_the_time_that_was_said_and_not_a_tick_before()
    {
        Random random = new(4);
        for (var run = 0; run < 2_000; run++)
        {
            Gcra gcra = new(random.NextInt64(100, 10_000_000), random.Next(1, 100));
            var ahead = random.NextInt64(gcra.Interval * gcra.Burst + 1);
            var cost = random.Next(1, gcra.Burst + 1);
            var (decision, after) = gcra.Decide(ahead, cost);
            if (decision.IsAllowed)
            {
                Assert.Equal((TimeSpan.Zero, ahead + (gcra.Interval * cost)), (decision.RetryAfter, after));
            }
            else
            {
                Assert.Equal(ahead, after);
                Assert.True(gcra.Decide(ahead - decision.RetryAfter.Ticks, cost).Decision.IsAllowed);
                Assert.False(gcra.Decide(ahead - decision.RetryAfter.Ticks + 1, cost).Decision.IsAllowed);
            }

            Assert.Equal(after, decision.ResetAfter.Ticks);
            if (decision.Remaining > 0)
            {
                Assert.True(gcra.Decide(after, decision.Remaining).Decision.IsAllowed);
            }

            Assert.False(gcra.Decide(after, decision.Remaining + 1).Decision.IsAllowed);
        }
    }

    [Fact]
    public void A_clock_that_was_set_back_keeps_nobody_out_for_longer_than_a_burst_takes()
    {
        var limit = new RateLimit(10, TimeSpan.FromSeconds(1));
        var (decision, _) = limit.Gcra.Decide(TimeSpan.FromDays(1_000).Ticks, 1);

        Assert.Equal((false, limit.Interval, TimeSpan.FromSeconds(1)), (decision.IsAllowed, decision.RetryAfter, decision.ResetAfter));
    }

    [Fact]
    public void Limits_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => new RateLimit(0, TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new RateLimit(1, TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new RateLimit(100_001, TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new RateLimit(1, TimeSpan.FromDays(1), 367));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new RateLimit(1, TimeSpan.FromDays(1), 0));
        Assert.Equal(TimeSpan.FromTicks(3_333_334), new RateLimit(3, TimeSpan.FromSeconds(1)).Interval);
    }
}
