using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

public sealed class StalenessJudgeTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    [Fact]
    public void What_was_acknowledged_as_long_ago_as_the_bound_must_be_seen_and_nothing_younger()
    {
        List<Operation> history =
        [
            Write(100, 1),
            Write(200, 2),
            Read(1_099, 0),
            Read(1_100, 0),
            Read(1_100, 1),
            Read(1_199, 1),
            Read(1_250, 1),
            Read(9_999, 2),
        ];

        Assert.Equal([3, 6], StalenessJudge.JudgeBound(history, Bound).Select(static read => read.Operation));
        var last = StalenessJudge.JudgeBound(history, Bound)[1];
        Assert.Equal((6, 0, 1, 2, TimeSpan.FromMilliseconds(1_050)), (last.Operation, last.Key, last.Version, last.Required, last.Missed));
    }

    [Fact]
    public void The_bound_counts_back_from_the_answers_arrival()
    {
        var late = Read(2_000, 0) with { Answered = TimeSpan.FromMilliseconds(1_050) };
        Assert.Empty(StalenessJudge.JudgeBound([Write(100, 1), late], Bound));
        Assert.Single(StalenessJudge.JudgeBound([Write(100, 1), late with { Answered = null }], Bound));
    }

    [Fact]
    public void Unacknowledged_writes_other_keys_and_other_levels_are_not_counted()
    {
        List<Operation> history =
        [
            Write(100, 1) with { Acknowledged = false },
            Write(100, 1) with { Observations = [new Observation(1, 1)] },
            Read(5_000, 0),
            Read(5_000, 0) with { Level = ConsistencyLevel.Eventual, Observations = [new Observation(1, 0)] },
        ];

        Assert.Empty(StalenessJudge.JudgeBound(history, Bound));
    }

    [Fact]
    public void Writes_at_Off_and_lost_writes_are_not_demanded_and_failed_reads_show_nothing()
    {
        List<Operation> history =
        [
            Write(100, 1) with { Reached = WriteDurability.Off },
            Write(200, Observation.FirstLost),
            Write(300, 2) with { Failure = "AmbiguousWriteException" },
            Write(400, 3) with { WasCancelled = true },
            Read(5_000, 0),
            Write(6_000, 4) with { Reached = WriteDurability.Local },
            Read(9_000, 0) with { Failure = "DeadlineExceededException", Observations = [] },
            Read(9_000, Observation.Unknown),
        ];

        Assert.Empty(StalenessJudge.JudgeBound(history, Bound));
    }

    [Fact]
    public void A_claimed_age_is_held_against_the_answer_at_any_level()
    {
        List<Operation> history =
        [
            Write(100, 1),
            Read(500, 0) with { Level = ConsistencyLevel.Eventual, Age = TimeSpan.FromMilliseconds(401) },
            Read(500, 0) with { Level = ConsistencyLevel.Session, Age = TimeSpan.FromMilliseconds(400) },
            Read(500, 0) with { Level = ConsistencyLevel.Session },
        ];

        Assert.Equal(2, Assert.Single(StalenessJudge.JudgeClaims(history)).Operation);
    }

    [Fact]
    public void Random_histories_are_judged_as_the_definition_says()
    {
        for (var seed = 1; seed <= 200; seed++)
        {
            var random = new Random(seed);
            var history = RandomHistory.Arbitrary(seed, 60, sessions: 4, keys: 3)
                .ConvertAll(operation => operation with { Level = random.Next(2) == 0 ? ConsistencyLevel.BoundedStaleness : ConsistencyLevel.Session });
            var bound = TimeSpan.FromTicks(random.Next(100));
            var expected =
                from read in Enumerable.Range(0, history.Count)
                where history[read].Kind == OperationKind.Read && history[read].Level == ConsistencyLevel.BoundedStaleness
                from seen in history[read].Observations
                where history.Any(write => write.Kind == OperationKind.Write && write.Acknowledged && write.Observations[0].Key == seen.Key
                    && write.Completed <= history[read].Completed - bound && write.Observations[0].Versions[0] > seen.Versions[^1])
                select (read, seen.Key);

            Assert.Equal(expected, StalenessJudge.JudgeBound(history, bound).Select(static stale => (stale.Operation, stale.Key)));
        }
    }

    private static Operation Write(int milliseconds, long version) => At(milliseconds, OperationKind.Write, version);

    private static Operation Read(int milliseconds, long version) =>
        At(milliseconds, OperationKind.Read, version) with { Level = ConsistencyLevel.BoundedStaleness };

    private static Operation At(int milliseconds, OperationKind kind, long version) => new()
    {
        Session = 0,
        Kind = kind,
        Observations = [new Observation(0, version)],
        Invoked = TimeSpan.FromMilliseconds(milliseconds),
        Completed = TimeSpan.FromMilliseconds(milliseconds),
    };
}
