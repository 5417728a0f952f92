using WebsiteBuilder.Data.Testing.Judging;
using static WebsiteBuilder.Data.Tests.Testing.Judging.Steps;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

public sealed class BranchesTests
{
    // 0 goes on alone behind 20; 1 leaves it there; 2 leaves 1 at 15, before 1 had left 0: a node that lagged was promoted next.
    private static readonly Branches Three = new(
        [new Fork(0, 1, 0, 20), new Fork(0, 2, 1, 15)],
        [new LogEntry(0, 1, 0, 10), new LogEntry(0, Lost, 0, 20), new LogEntry(0, Lost + 1, 0, 30), new LogEntry(0, Lost + 2, 1, 30), new LogEntry(0, 2, 2, 20)]);

    [Fact]
    public void A_branch_holds_its_own_writes_and_its_parents_up_to_every_switch_point_between()
    {
        Assert.Equal([1, Lost, Lost + 1], HeldBy(0));
        Assert.Equal([1, Lost, Lost + 2], HeldBy(1));
        Assert.Equal([1, 2], HeldBy(2));

        static IEnumerable<long> HeldBy(int branch) =>
            new[] { 1, 2, Lost, Lost + 1, Lost + 2 }.Where(version => Three.Contains(0, branch, 0, version));
    }

    [Fact]
    public void The_beginning_is_everywhere_and_of_what_no_log_holds_nothing_is_known()
    {
        Assert.True(Three.Hold(0, 0) && Three.Contains(0, 2, 0, 0));
        Assert.True(Three.Contains(0, 2, 0, 99) && !Three.Hold(0, 99) && !Three.Hold(0, Observation.Unknown));
        Assert.False(Three.Contains(1, 2, 0, 1));
    }

    [Fact]
    public void Nonsense_is_refused()
    {
        Assert.Throws<ArgumentException>(static () => new Branches([new Fork(0, 1, 1, 5)], []));
        Assert.Throws<ArgumentException>(static () => new Branches([new Fork(0, 1, 0, 5), new Fork(0, 1, 0, 6)], []));
        Assert.Throws<ArgumentException>(static () => new Branches([], [new LogEntry(0, 1, 0, 5), new LogEntry(0, 1, 0, 6)]));
    }
}
