using WebsiteBuilder.Data.Testing.Judging;
using static WebsiteBuilder.Data.Tests.Testing.Judging.Steps;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

public sealed class SmallJudgesTests
{
    [Fact]
    public void An_acknowledged_write_that_standbys_had_may_not_be_lost()
    {
        List<Operation> history =
        [
            Write(1, 0, 0, 1) with { Reached = WriteDurability.RemoteApply },
            Write(3, 0, 0, Lost) with { Reached = WriteDurability.Local },
            Write(5, 0, 0, Lost + 1) with { Reached = WriteDurability.RemoteWrite },
            Write(7, 0, 0, Lost + 2) with { Reached = WriteDurability.RemoteFlush, Acknowledged = false },
            Write(9, 0, 0, Lost + 3).Failed("AmbiguousWriteException") with { Reached = WriteDurability.RemoteFlush },
            Write(11, 0, 0, Lost + 4) with { Reached = WriteDurability.RemoteFlush },
            Read(13, 0, 0, Lost + 4),
            Write(15, 0, 0, 0) with { Reached = WriteDurability.RemoteFlush, Observations = [] },
        ];

        Assert.Equal([2, 5], DurabilityJudge.Judge(history).Select(static found => found.Operation));
        Assert.Equal([5], DurabilityJudge.Judge(history, WriteDurability.RemoteFlush).Select(static found => found.Operation));
        Assert.Equal(
            "DurabilityJudge, operation 2: version lost 1 of key 0, acknowledged to session 0 at 6.000 ms as RemoteWrite, is not in the log that survived",
            DurabilityJudge.Judge(history)[0].ToString());
    }

    [Fact]
    public void Timeouts_and_cancellations_bound_what_succeeds_and_what_fails()
    {
        List<Operation> history =
        [
            Took(100) with { Timeout = Ms(90) },
            Took(101) with { Timeout = Ms(90) },
            Took(101).Failed("DeadlineExceededException") with { Timeout = Ms(90) },
            Took(9_000),
            Took(9_000) with { Timeout = Timeout.InfiniteTimeSpan },
            Took(9_000) with { Timeout = TimeSpan.MaxValue },
            Took(100) with { CancelledAt = Ms(95), WasCancelled = true },
            Took(101) with { CancelledAt = Ms(95), WasCancelled = true },
            Took(101) with { CancelledAt = Ms(95) },
            Took(100) with { CancelledAt = Ms(105), WasCancelled = true },
            Took(100) with { CancelledAt = Ms(105) },
            Took(3) with { CancelledAt = Ms(-50), WasCancelled = true },
            Took(50) with { WasCancelled = true },
        ];

        Assert.Equal([1, 2, 7, 8, 9], BoundsJudge.Judge(history, slack: Ms(10), cancellationSlack: Ms(5)).Select(static found => found.Operation));
        Assert.Equal([1, 2, 9], BoundsJudge.Judge(history, slack: Ms(10)).Select(static found => found.Operation));
        Assert.Equal(
            "the Read of session 0 from 0.000 to 101.000 ms took 101.000 ms, 90.000 ms were allowed",
            BoundsJudge.Judge(history, slack: Ms(10))[0].Explanation);
        Assert.Throws<ArgumentOutOfRangeException>(() => BoundsJudge.Judge(history, Ms(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => BoundsJudge.Judge(history, Ms(1), Ms(-1)));

        static Operation Took(double milliseconds) => Read(0, 0, 0, 0) with { Completed = Ms(milliseconds) };
    }

    [Fact]
    public void What_is_invoked_later_than_the_time_for_recovery_succeeds_and_conflicts_are_answers()
    {
        List<Operation> history =
        [
            Read(150, 0, 0, 0).Failed("DeadlineExceededException"),
            Read(151, 0, 0, 0).Failed("DeadlineExceededException"),
            Write(200, 0, 0, 0).Failed("ConflictException"),
            Write(200, 1, 0, 0).Failed("SessionHistoryLostException"),
            Read(200, 2, 0, 0).Failed("OperationCanceledException") with { WasCancelled = true },
            Read(200, 3, 0, 0),
        ];

        Assert.Equal([1, 3], RecoveryJudge.Judge(history, healedAt: Ms(100), within: Ms(50)).Select(static found => found.Operation));
        Assert.Equal(
            [1, 2],
            RecoveryJudge.Judge(history, Ms(100), Ms(50), [nameof(SessionHistoryLostException)]).Select(static found => found.Operation));
        Assert.Empty(RecoveryJudge.Judge(history, Ms(100), Ms(100)));
        Assert.Equal(
            "the Read of session 0 invoked at 151.000 ms, 51.000 ms after all was healed, fails with DeadlineExceededException",
            RecoveryJudge.Judge(history, Ms(100), Ms(50))[0].Explanation);
        Assert.Throws<ArgumentOutOfRangeException>(() => RecoveryJudge.Judge(history, Ms(1), Ms(-1)));
    }

    [Fact]
    public void Reads_show_only_what_somebody_had_begun_to_write()
    {
        List<Operation> history =
        [
            Write(10, 0, 0, 1),
            Read(11, 1, 0, 1),
            Read(1, 1, 0, 0),
            Read(3, 1, 0, 1),
            Read(20, 1, 0, 2),
            Read(20, 2, 0, Observation.Unknown),
            Read(20, 3, 0, 0) with { Observations = [new Observation(0, [1L, 5L])] },
            Read(20, 4, 0, Lost),
            Read(22, 4, 0, Observation.Unknown).Failed("DeadlineExceededException"),
        ];

        Assert.Equal([3, 4, 5, 7], PhantomJudge.Judge(history).Select(static found => found.Operation));

        // By others, whose operations the history lacks.
        var branches = new Branches([], [new LogEntry(0, 1, 0, 1), new LogEntry(0, 2, 0, 2), new LogEntry(0, Lost, 0, 3)]);
        Assert.Equal([3, 5], PhantomJudge.Judge(history, branches).Select(static found => found.Operation));
        Assert.Contains("0@unknown is nothing that anybody had begun to write", PhantomJudge.Judge(history, branches)[1].Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_writer_was_told_is_what_the_log_says()
    {
        var nothing = Write(1, 0, 0, 1) with { Observations = [] };
        List<Operation> history =
        [
            Write(1, 0, 0, 1),
            nothing,
            Write(1, 0, 0, 2) with { Observations = [new Observation(0, 9)] },
            Write(1, 0, 0, 3).Failed("DeadlineExceededException", WriteDisposition.NotApplied),
            nothing.Failed("ConflictException", WriteDisposition.NotApplied),
            nothing.Failed("StoreFailureException", WriteDisposition.Applied),
            Write(1, 0, 0, 4).Failed("StoreFailureException", WriteDisposition.Applied),
            nothing.Failed("AmbiguousWriteException"),
            Write(1, 0, 0, 5).Failed("AmbiguousWriteException"),
            nothing with { Acknowledged = false },
            Write(1, 0, 0, Lost),
        ];

        Assert.Equal([1, 3, 5], PhantomJudge.Judge(history).Select(static found => found.Operation));
        var branches = new Branches([], new long[] { 1, 3, 4, 5, Lost }.Select(static version => new LogEntry(0, version, 0, version)));
        Assert.Equal([1, 2, 3, 5], PhantomJudge.Judge(history, branches).Select(static found => found.Operation));
    }

    [Fact]
    public void An_honest_world_has_nothing_to_judge()
    {
        var history = RandomHistory.Flawless(seed: 5, 500, sessions: 4, keys: 5).ConvertAll(static operation => operation with { Timeout = Ms(1), Reached = WriteDurability.RemoteFlush });

        Assert.Empty(DurabilityJudge.Judge(history));
        Assert.Empty(BoundsJudge.Judge(history, TimeSpan.Zero));
        Assert.Empty(RecoveryJudge.Judge(history, TimeSpan.Zero, TimeSpan.Zero));
        Assert.Empty(PhantomJudge.Judge(history));
        Assert.Empty(LostHistoryJudge.Judge(history, new Branches([], [])));
    }
}
