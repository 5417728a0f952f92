using WebsiteBuilder.Data.Benchmarks.Measuring;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

public class TargetTests
{
    [Theory]
    [InlineData(0.90, 1.00, true)]
    [InlineData(1.10, 1.30, true)]
    [InlineData(1.15, 1.30, true)]
    [InlineData(1.16, 1.30, false)]
    public void A_ceiling_is_missed_only_by_the_whole_interval(double low, double high, bool kept) =>
        Assert.Equal(kept, Target.AtMost(1.15).IsKept(new Interval(low, (low + high) / 2, high)));

    [Theory]
    [InlineData(5.1, 6.0, true)]
    [InlineData(4.0, 5.1, true)]
    [InlineData(4.0, 5.0, true)]
    [InlineData(4.0, 4.9, false)]
    public void A_floor_is_missed_only_by_the_whole_interval(double low, double high, bool kept) =>
        Assert.Equal(kept, Target.AtLeast(5).IsKept(new Interval(low, (low + high) / 2, high)));

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.1, false)]
    [InlineData(24.0, false)]
    public void Bytes_are_certain_and_have_no_interval(double bytes, bool kept) =>
        Assert.Equal(kept, Target.AtMost(100, "ns", maxBytes: 0).IsKept(new Interval(10, 11, 12), bytes));

    [Fact]
    public void Bytes_that_nobody_counted_are_not_within_a_bound() =>
        Assert.False(Target.AtMost(100, "ns", maxBytes: 0).IsKept(new Interval(10, 11, 12)));

    [Fact]
    public void Tight_ceilings_of_ratios_are_judged_on_CPU_time()
    {
        Assert.True(Target.AtMost(1.05).IsOnCpu);
        Assert.True(Target.AtMost(1.01).IsOnCpu);
        Assert.False(Target.AtMost(1.15).IsOnCpu);
        Assert.False(Target.AtMost(0.75).IsOnCpu);
        Assert.False(Target.AtMost(1, "ns").IsOnCpu);
        Assert.False(Target.AtLeast(0.98).IsOnCpu);
    }

    [Fact]
    public void A_target_reads_as_people_write_it()
    {
        Assert.Equal("<= 1.05", Target.AtMost(1.05).ToString());
        Assert.Equal(">= 5", Target.AtLeast(5).ToString());
        Assert.Equal("<= 100 ns, 0 B", Target.AtMost(100, "ns", maxBytes: 0).ToString());
    }
}
