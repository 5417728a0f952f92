using WebsiteBuilder.Data.Failover;

namespace WebsiteBuilder.Data.Tests.Failover;

public sealed class TriggerTableTests
{
    [Fact]
    public void Values_of_the_seeds_raise_what_is_beyond_them_and_not_what_is_at_them()
    {
        var table = TriggerTable.Default;
        Assert.Empty(table.Raised(false, TimeSpan.FromSeconds(30), new NodeUsage(90, 95, 85)));
        Assert.Equal(
            [FailoverTrigger.Unreachable, FailoverTrigger.ReplicationLag, FailoverTrigger.Cpu, FailoverTrigger.Memory, FailoverTrigger.Disk],
            table.Raised(true, TimeSpan.FromSeconds(30.001), new NodeUsage(90.1, 95.1, 85.1)));
        Assert.Equal([FailoverTrigger.Disk], table.Raised(false, null, new NodeUsage(Disk: 99)));
    }

    [Fact]
    public void What_is_unknown_raises_nothing()
    {
        Assert.Empty(TriggerTable.Default.Raised(false, null, null));
        Assert.Empty(TriggerTable.Default.Raised(false, null, new NodeUsage()));
        Assert.Empty(TriggerTable.Default.Raised(false, null, new NodeUsage(double.NaN, double.NaN, double.NaN)));
    }

    [Fact]
    public void Only_a_node_that_is_gone_may_be_replaced() =>
        Assert.Equal([FailoverTrigger.Unreachable], Enum.GetValues<FailoverTrigger>().Where(TriggerTable.MayPromote));

    [Fact]
    public void Three_failures_in_a_row_take_a_node_out_and_two_successes_bring_it_back()
    {
        var check = new CheckCount(3, 2);
        bool After(params bool[] results)
        {
            Array.ForEach(results, check.Note);
            return check.IsOut;
        }

        Assert.False(After(false, false));
        Assert.True(check.IsFailing);
        Assert.False(After(true, false, false));
        Assert.True(After(false));
        Assert.True(After(true, false, true));
        Assert.False(After(true));
        Assert.False(check.IsFailing);
    }
}
