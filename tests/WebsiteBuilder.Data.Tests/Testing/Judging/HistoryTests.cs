using WebsiteBuilder.Data.Testing.Judging;
using static WebsiteBuilder.Data.Tests.Testing.Judging.Steps;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

public sealed class HistoryTests
{
    [Fact]
    public void A_broken_guarantee_is_told_with_the_own_past_the_chain_of_authors_and_the_merges()
    {
        List<Operation> history =
        [
            Write(0, 9, 5, 1),
            Write(2, 0, 0, 1),
            Write(4, 0, 1, 1),
            Read(6, 1, 1, 1),
            Write(8, 1, 2, 1),
            Read(10, 2, 2, 1),
            Read(12, 2, 5, 1),
            Merge(14, 3, 2),
            Read(16, 3, 5, 1),
            Read(18, 3, 0, 0),
        ];
        var violation = Assert.Single(SessionJudge.Judge(history));

        Assert.Equal((Guarantee.WritesFollowReads, 9, 0), (violation.Guarantee, violation.Operation, violation.Key));
        Assert.Equal(
            """
            SessionJudge, operation 9: WritesFollowReads: session 3 reads version 0 of key 0 from 18.000 to 19.000 ms, below version 1, which the author of a write that the session saw had seen before
              2.000 to 3.000 ms: session 0, process 0: writes 0@1 at ?, history 0
              4.000 to 5.000 ms: session 0, process 0: writes 1@1 at ?, history 0
              6.000 to 7.000 ms: session 1, process 0: reads at Session 1@1 at ?, history 0
              8.000 to 9.000 ms: session 1, process 0: writes 2@1 at ?, history 0
              10.000 to 11.000 ms: session 2, process 0: reads at Session 2@1 at ?, history 0
              14.000 to 15.000 ms: session 3, process 0: merges session 2
            > 18.000 to 19.000 ms: session 3, process 0: reads at Session 0@0 at ?, history 0
            """,
            History.Describe(history, violation));
    }

    [Fact]
    public void The_own_past_begins_where_the_session_met_what_it_misses()
    {
        List<Operation> history =
        [
            Read(0, 0, 0, 1),
            Write(2, 1, 0, 2),
            Write(3, 1, 0, 1),
            Read(4, 0, 0, 2),
            Read(6, 0, 1, 0),
            Forget(8, 0, 0),
            Read(10, 0, 0, 2),
            Read(12, 0, 0, 1),
        ];
        var violation = SessionJudge.Judge(history).Single(static found => found.Guarantee == Guarantee.MonotonicReads);

        Assert.Equal([history[1], history[2], history[3], history[5], history[6], history[7]], History.Around(history, violation));
    }

    [Fact]
    public void What_is_about_no_key_stands_alone()
    {
        List<Operation> history = [Read(0, 0, 0, 1), Read(2, 0, 0, 1) with { Timeout = Ms(0) }];
        var violation = Assert.Single(BoundsJudge.Judge(history, Ms(0.5)));

        Assert.Equal([history[1]], History.Around(history, violation));
    }

    [Fact]
    public void Any_violation_of_a_long_history_is_told_in_a_few_lines()
    {
        var history = RandomHistory.Flawless(seed: 3, 4_000, sessions: 8, keys: 10);
        var read = history.FindLastIndex(static operation => operation.Kind == OperationKind.Read && operation.Observations is [{ IsExact: true, Versions: [> 3, ..] }]);
        history[read] = history[read] with { Observations = [new Observation(history[read].Observations[0].Key, 1)] };
        var violations = SessionJudge.Judge(history);

        Assert.NotEmpty(violations);
        Assert.All(violations, violation => Assert.InRange(History.Around(history, violation).Count, 2, 40));
        Assert.All(violations, violation => Assert.Contains(history[violation.Operation], History.Around(history, violation)));
    }

    [Fact]
    public void Operations_say_what_became_of_them()
    {
        Assert.Equal(
            "1.000 to 2.000 ms: session 3, process 0: writes nothing at us, history 2, fails: AmbiguousWriteException (Ambiguous), given up at 1.500 ms",
            (Write(1, 3, 0, 1).On(2).Failed("AmbiguousWriteException") with { Observations = [], Endpoint = "us", CancelledAt = Ms(1.5) }).ToString());
        Assert.Equal("1.000 to 2.000 ms: session 3, process 0: writes 4@lost 2 at ?, history 0, not acknowledged", (Write(1, 3, 4, Lost + 2) with { Acknowledged = false }).ToString());
        Assert.Equal("1.000 to 2.000 ms: session 3, process 0: is told of lost writes of shard 0", Forget(1, 3, 1).ToString());
        Assert.Equal("3@7|lost 1", new Observation(3, [7, Lost + 1]).ToString());
    }
}
