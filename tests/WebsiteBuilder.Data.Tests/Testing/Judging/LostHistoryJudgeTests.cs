using WebsiteBuilder.Data.Testing.Judging;
using static WebsiteBuilder.Data.Tests.Testing.Judging.Steps;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

public sealed class LostHistoryJudgeTests
{
    // Key 0 version 1 is on branch 0 before the promotion, key 0's first lost one behind it; key 1 version 1 was written on branch 1.
    private static readonly Branches Lossy = new(
        [new Fork(0, 1, 0, 10)],
        [new LogEntry(0, 1, 0, 10), new LogEntry(0, Lost, 0, 20), new LogEntry(1, 1, 1, 20)]);

    [Fact]
    public void Whoever_wrote_or_saw_what_is_lost_must_be_told_before_any_answer_of_the_new_branch()
    {
        Operation[] met = [Write(1, 0, 0, Lost), Read(3, 1, 0, Lost), Read(3, 2, 0, 1)];
        Operation[] answers = [Read(10, 0, 1, 0).On(1), Write(10, 1, 1, 1).On(1), Read(10, 2, 1, 0).On(1)];

        Assert.Equal([3, 4], Judge(Lossy, [.. met, .. answers]));
        Assert.Empty(Judge(Lossy, [.. met, Forget(6, 0, 1), Forget(6, 1, 1), .. answers]));
        Assert.Equal([4], Judge(Lossy, [.. met, .. answers, Forget(6, 0, 1)]));

        // Told while the answer was under way is told too late; told by the branch that has it all is told nothing.
        Assert.Equal([3, 4], Judge(Lossy, [.. met, .. answers, Forget(10, 0, 1), Forget(10, 1, 1)]));
        Assert.Equal([3, 4], Judge(Lossy, [.. met, .. answers, Forget(6, 0, 0), Forget(6, 1, 1) with { Shard = 1 }]));
    }

    [Fact]
    public void Eventual_reads_failures_unacknowledged_writes_and_other_shards_are_not_judged()
    {
        Assert.Empty(Judge(
            Lossy,
            Write(1, 0, 0, Lost),
            Read(10, 0, 0, 1).On(1) with { Level = ConsistencyLevel.Eventual },
            Read(12, 0, 0, 1).On(1).Failed("SessionHistoryLostException") with { Observations = [] },
            Write(14, 0, 1, 1).On(1) with { Acknowledged = false },
            Read(16, 0, 7, 0).On(1) with { Shard = 1 }));
    }

    [Fact]
    public void What_bound_nobody_need_not_be_told()
    {
        Assert.Empty(Judge(
            Lossy,
            Write(1, 0, 0, Lost).Failed("AmbiguousWriteException"),
            Read(3, 1, 0, Lost) with { Level = ConsistencyLevel.Eventual },
            Read(3, 2, 0, Lost) with { Observations = [new Observation(0, [1L, Lost])] },
            Read(10, 0, 0, 1).On(1),
            Read(10, 1, 0, 1).On(1),
            Read(10, 2, 0, 1).On(1)));
    }

    [Fact]
    public void An_isolated_old_primary_may_answer_whoever_has_met_nothing_of_the_new_branch()
    {
        Assert.Equal([4], Judge(
            Lossy,
            Read(1, 0, 1, 1).On(1),
            Read(1, 1, 0, 1).On(1),
            Read(5, 1, 0, 1).On(0),
            Read(5, 0, 0, Lost).On(0) with { Level = ConsistencyLevel.Eventual },
            Read(7, 0, 0, 1).On(0)));
    }

    [Fact]
    public void A_promotion_without_loss_demands_nothing()
    {
        var lossless = new Branches([new Fork(0, 1, 0, 20)], [new LogEntry(0, 1, 0, 10), new LogEntry(0, 2, 0, 20), new LogEntry(0, 3, 1, 30)]);
        Assert.Empty(Judge(lossless, Write(1, 0, 0, 2), Read(3, 0, 0, 2).On(1), Write(5, 0, 0, 3).On(1)));
    }

    [Fact]
    public void Each_of_several_promotions_is_told_of_by_itself()
    {
        var row = new Branches(
            [new Fork(0, 1, 0, 10), new Fork(0, 2, 1, 20), new Fork(0, 3, 2, 40)],
            [new LogEntry(0, 1, 0, 10), new LogEntry(0, Lost, 0, 20), new LogEntry(1, 1, 1, 20), new LogEntry(1, Lost, 1, 30), new LogEntry(2, 1, 2, 40)]);
        Operation[] history =
        [
            Write(1, 0, 0, Lost),
            Forget(3, 0, 1),
            Write(5, 0, 1, Lost).On(1),
            Read(9, 0, 1, 1).On(2),
            Write(11, 0, 2, 1).On(2),
            Read(13, 0, 2, 1).On(3),
        ];

        Assert.Equal([3, 4, 5], Judge(row, history));
        Assert.Empty(Judge(row, [.. history, Forget(7, 0, 2)]));

        // Forgetting what the first promotion lost keeps what the second would lose.
        Assert.Equal([3, 4, 5], Judge(row, [.. history, Merge(6, 0, 1), Forget(7, 0, 1)]));
    }

    [Fact]
    public void A_merged_session_brings_what_it_met()
    {
        Operation[] history = [Write(1, 0, 0, Lost), Merge(3, 1, 0), Read(10, 1, 1, 0).On(1), Read(10, 2, 1, 0).On(1)];
        Assert.Equal([2], Judge(Lossy, history));

        var violation = Assert.Single(LostHistoryJudge.Judge(history, Lossy));
        Assert.Equal(
            "LostHistoryJudge, operation 2: session 1 is answered by branch 1 of shard 0 from 10.000 to 11.000 ms, which lacks version lost 0 of key 0, "
            + "written on branch 0 by session 0 at 2.000 ms, and was not told",
            violation.ToString());
        Assert.Equal([history[0], history[1], history[2]], History.Around(history, violation));
    }

    [Fact]
    public void Random_sessions_over_random_promotions_are_judged_as_their_sets_of_writes_say()
    {
        var (good, bad) = (0, 0);
        for (var seed = 1; seed <= 1_000; seed++)
        {
            var world = new RandomPromotions(seed);
            Assert.Equal((seed, Join(world.Untold)), (seed, Join(Judge(world.Branches, [.. world.History]))));
            bad += world.Untold.Count;
            good += world.History.Count - world.Untold.Count;
        }

        Assert.True(bad > 1_000 && good > 10_000, $"{bad} bad, {good} good");

        static string Join(IEnumerable<int> indices) => string.Join(", ", indices);
    }

    private static IEnumerable<int> Judge(Branches branches, params Operation[] history) =>
        LostHistoryJudge.Judge(history, branches).Select(static found => found.Operation).Order();
}
