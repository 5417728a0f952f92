using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class HybridTimeTests
{
    [Fact]
    public void A_reading_is_the_wall_time_where_that_goes_on_and_counts_where_it_does_not()
    {
        var first = default(HybridTime).Next(1_000);
        Assert.Equal(new HybridTime(1_000, 0), first);
        Assert.Equal(new HybridTime(1_000, 1), first.Next(1_000));
        Assert.Equal(new HybridTime(1_000, 2), first.Next(1_000).Next(400));
        Assert.Equal(new HybridTime(1_001, 0), first.Next(1_000).Next(1_001));
        Assert.Equal(new HybridTime(1_001, 0), new HybridTime(1_000, HybridTime.MaxCounter).Next(1_000));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whoever_has_seen_a_reading_has_a_greater_one_next_whatever_the_clocks_say(int seed)
    {
        Random random = new(seed);
        var clocks = new HybridTime[3];
        for (var step = 0; step < 10_000; step++)
        {
            var (one, other) = (random.Next(3), random.Next(3));
            if (random.Next(3) == 0)
            {
                clocks[one] = clocks[one].Seeing(clocks[other]);
            }

            // A clock that is seconds behind or ahead, and jumps.
            var next = clocks[one].Next(1_000_000 + step + random.Next(-5_000, 5_000));
            Assert.True(next.IsAfter(clocks[one]));
            Assert.Equal(next.IsAfter(clocks[one]), string.CompareOrdinal(next.ToString(), clocks[one].ToString()) > 0);
            clocks[one] = next;
        }

        // Nobody runs ahead of the fastest clock by more than what was counted.
        Assert.All(clocks, static clock => Assert.InRange(clock.Milliseconds, 1_000_000, 1_015_000));
    }

    [Fact]
    public void Its_text_reads_back()
    {
        HybridTime time = new(1_764_000_000_123, 42);
        Assert.True(HybridTime.TryParse(time.ToString(), out var read));
        Assert.Equal(time, read);
        Assert.False(HybridTime.TryParse("00000000000000000-01", out _));
        Assert.False(HybridTime.TryParse("1", out _));
    }
}
