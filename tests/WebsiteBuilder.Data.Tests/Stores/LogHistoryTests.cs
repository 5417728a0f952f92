using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Stores;

public class LogHistoryTests
{
    private static readonly LogHistory First = Make(1, 1), Second = Make(2, 2, (1, 100)), Third = Make(3, 3, (1, 100), (2, 200));
    private static readonly LogHistory Twin = Make(4, 2, (1, 100)), Early = Make(5, 4, (1, 60)), Stranger = Make(9, 1);

    [Fact]
    public void A_history_shares_all_with_itself_and_an_ancestor_up_to_its_end()
    {
        Assert.Equal(ulong.MaxValue, Third.SharedWith(new HistoryId(3)));
        Assert.Equal(200UL, Third.SharedWith(new HistoryId(2)));
        Assert.Equal(100UL, Third.SharedWith(new HistoryId(1)));
    }

    [Fact]
    public void Positions_of_descendants_twins_and_strangers_mean_nothing()
    {
        Assert.Null(First.SharedWith(new HistoryId(2)));
        Assert.Null(Second.SharedWith(new HistoryId(4)));
        Assert.Null(First.SharedWith(new HistoryId(9)));
        Assert.Null(First.SharedWith(default));
    }

    [Fact]
    public void Two_logs_are_the_same_up_to_where_they_parted()
    {
        Assert.Equal(ulong.MaxValue, Second.CommonEnd(Second));
        Assert.Equal(100UL, First.CommonEnd(Third));
        Assert.Equal(200UL, Third.CommonEnd(Second));
        Assert.Equal(100UL, Second.CommonEnd(Twin));
        Assert.Equal(60UL, Early.CommonEnd(Third));
        Assert.Null(Stranger.CommonEnd(Third));
    }

    [Fact]
    public void Only_a_descendant_continues_a_history()
    {
        Assert.True(Third.Continues(First));
        Assert.True(Third.Continues(Second));
        Assert.False(First.Continues(Third));
        Assert.False(Second.Continues(Second));
        Assert.False(Second.Continues(Twin));
        Assert.False(Stranger.Continues(First));
    }

    [Fact]
    public void All_branches_are_the_same_up_to_the_first_switch_point()
    {
        Assert.Equal(0UL, First.FirstSwitch);
        Assert.Equal(100UL, Third.FirstSwitch);
    }

    [Fact]
    public void Whatever_is_promoted_it_agrees_with_the_logs_themselves()
    {
        // Logs as lists of the history that wrote each position. A promotion copies some of a log and goes on with a name of its own.
        var random = new Random(20_261_121);
        for (var round = 0; round < 100; round++)
        {
            List<(LogHistory History, List<uint> Log)> world = [(Make(1, 1), [.. Enumerable.Repeat(1u, random.Next(5, 30))])];
            while (world.Count < 8)
            {
                var (parent, log) = world[random.Next(world.Count)];
                var end = random.Next((int)parent.Ancestors.Select(static one => one.End).DefaultIfEmpty(0UL).Max() + 1, log.Count + 1);
                var id = (uint)world.Count + 1;
                var child = Make(id, parent.Timeline + 1, [.. parent.Ancestors.Select(static one => (one.Id.Value, one.End)), (parent.Id.Value, (ulong)end)]);
                world.Add((child, [.. log.Take(end), .. Enumerable.Repeat(id, random.Next(1, 20))]));
            }

            foreach (var (one, log) in world)
            {
                foreach (var (other, otherLog) in world.Where(other => other.History != one))
                {
                    var same = log.Zip(otherLog).TakeWhile(static pair => pair.First == pair.Second).Count();
                    Assert.Equal((ulong)same, one.CommonEnd(other));
                    Assert.Equal(one.Continues(other) ? (ulong)same : null, one.SharedWith(other.Id));
                    Assert.True(one.FirstSwitch <= (ulong)same || one.Ancestors.Count == 0 || other.Ancestors.Count == 0 || other.FirstSwitch <= (ulong)same);
                }
            }
        }
    }

    private static LogHistory Make(uint id, uint timeline, params (uint Id, ulong End)[] ancestors) =>
        new(new HistoryId(id), timeline, [.. ancestors.Select(static ancestor => new HistoryAncestor(new HistoryId(ancestor.Id), ancestor.End))]);
}
