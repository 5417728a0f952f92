using System.Text.Json;
using WebsiteBuilder.Data.Shared;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>The judge is judged first.</summary>
public sealed class SessionJudgeTests
{
    private const string Cases = "histories/session-guarantees.json";

    private static readonly Guarantee[] Guarantees = [.. Enum.GetValues<Guarantee>().Where(static guarantee => guarantee != Guarantee.Unspecified)];

    [SharedDataFact(Cases)]
    public void Each_published_case_has_exactly_its_violations()
    {
        using var file = JsonDocument.Parse(SharedData.Read(Cases));
        var cases = file.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.True(cases.Count >= 18, $"{cases.Count} cases");
        foreach (var published in cases)
        {
            var history = History(published.GetProperty("history"));
            var expected = published.GetProperty("violations").EnumerateArray().Select(static name => name.GetString()!).Order();
            var name = published.GetProperty("name").GetString();
            Assert.Equal((name, Join(expected)), (name, Join(Names(Broken.Of(SessionJudge.Judge(history))))));
            Assert.Equal((name, Join(expected)), (name, Join(Names(NaiveSessionJudge.Judge(history)))));
        }
    }

    [Fact]
    public void A_history_of_one_honest_store_has_no_violation()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            Assert.Empty(SessionJudge.Judge(RandomHistory.Flawless(seed, 2_000, sessions: 12, keys: 10)));
        }
    }

    [Fact]
    public void A_planted_violation_is_found()
    {
        var planted = new Dictionary<Guarantee, int>();
        for (var seed = 1; seed <= 400; seed++)
        {
            var history = RandomHistory.Flawless(seed, 400, sessions: 5, keys: 4);
            var demand = Plant(new Random(seed), history);
            foreach (var violation in SessionJudge.Judge(history))
            {
                planted[violation.Guarantee] = planted.GetValueOrDefault(violation.Guarantee) + 1;
            }

            Assert.Equal(demand, SessionJudge.Judge(history).Any(violation => violation.Guarantee == Guarantee.ReadYourWrites));
        }

        Assert.All(Guarantees, guarantee => Assert.True(planted.GetValueOrDefault(guarantee) > 20, $"{guarantee}"));
    }

    [Fact]
    public void The_fast_judge_and_the_naive_one_agree_on_arbitrary_histories()
    {
        var found = new HashSet<Guarantee>();
        for (var seed = 1; seed <= 1_500; seed++)
        {
            var history = RandomHistory.Arbitrary(seed, 5 + (seed % 36), sessions: 2 + (seed % 3), keys: 1 + (seed % 4));
            var fast = Sorted(Broken.Of(SessionJudge.Judge(history)));
            Assert.Equal((seed, Join(Sorted(NaiveSessionJudge.Judge(history)))), (seed, Join(fast)));
            found.UnionWith(fast.Select(static violation => violation.Guarantee));
        }

        Assert.Equal(Guarantees.Length, found.Count);
    }

    [Fact]
    public void The_fast_judge_and_the_naive_one_agree_on_histories_with_one_flaw()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var history = RandomHistory.Flawless(seed, 90, sessions: 4, keys: 3);
            Plant(new Random(seed), history);
            Assert.Equal((seed, Join(Sorted(NaiveSessionJudge.Judge(history)))), (seed, Join(Sorted(Broken.Of(SessionJudge.Judge(history))))));
        }
    }

    [Fact]
    public void The_fast_judge_and_the_naive_one_agree_on_histories_with_losses_shards_levels_and_failures()
    {
        var (lost, survived) = (0, 0);
        for (var seed = 1; seed <= 1_500; seed++)
        {
            var history = RandomHistory.Arbitrary(seed, 5 + (seed % 36), sessions: 2 + (seed % 3), keys: 1 + (seed % 4), shards: 1 + (seed % 2), losses: 0.2);
            foreach (var lowest in new[] { ConsistencyLevel.Unspecified, ConsistencyLevel.Session })
            {
                var fast = Sorted(Broken.Of(SessionJudge.Judge(history, lowest)));
                Assert.Equal((seed, Join(Sorted(NaiveSessionJudge.Judge(history, lowest)))), (seed, Join(fast)));
                lost += fast.Count(static found => Observation.IsLost(found.Required));
                survived += fast.Count(static found => !Observation.IsLost(found.Required));
            }
        }

        Assert.True(lost > 1_000 && survived > 1_000, $"{lost} lost, {survived} survived");
    }

    [Theory]
    [InlineData(OperationKind.Write, Guarantee.ReadYourWrites)]
    [InlineData(OperationKind.Read, Guarantee.MonotonicReads)]
    public void Whoever_wrote_or_saw_what_is_lost_has_to_be_told_before_the_key_is_seen_without_it(OperationKind kind, Guarantee guarantee)
    {
        List<Operation> untold =
        [
            At(1, 0, kind, key: 0, version: Observation.FirstLost),
            At(3, 0, OperationKind.Read, key: 0, version: 9),
        ];
        Assert.Equal([new Broken(guarantee, 1, 0, 9, Observation.FirstLost)], Broken.Of(SessionJudge.Judge(untold)));
        Assert.Empty(SessionJudge.Judge([.. untold, At(2, 0, OperationKind.Forget)]));
        Assert.Single(SessionJudge.Judge([.. untold, At(2, 1, OperationKind.Forget)]));
        Assert.Single(SessionJudge.Judge([.. untold, At(2, 0, OperationKind.Forget) with { Shard = 1 }]));
        Assert.Single(SessionJudge.Judge([.. untold, At(2, 0, OperationKind.Forget) with { Failure = "DeadlineExceededException" }]));
    }

    [Fact]
    public void A_write_behind_what_is_lost_builds_on_nothing()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: Observation.FirstLost),
            At(2, 0, OperationKind.Write, key: 0, version: 5),
        ];
        Assert.Equal([new Broken(Guarantee.MonotonicWrites, 1, 0, 5, Observation.FirstLost)], Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void What_survived_binds_whoever_forgot()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: 4),
            At(2, 0, OperationKind.Write, key: 0, version: Observation.FirstLost),
            At(3, 0, OperationKind.Forget),
            At(4, 0, OperationKind.Read, key: 0, version: 4),
            At(5, 0, OperationKind.Read, key: 0, version: 3),
        ];
        Assert.Equal(
            [new Broken(Guarantee.ReadYourWrites, 4, 0, 3, 4), new Broken(Guarantee.MonotonicReads, 4, 0, 3, 4)],
            Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void A_merge_brings_back_what_the_own_session_forgot()
    {
        List<Operation> history =
        [
            At(1, 1, OperationKind.Read, key: 0, version: Observation.FirstLost),
            At(2, 0, OperationKind.Forget),
            At(3, 0, OperationKind.Merge) with { Other = 1 },
            At(4, 0, OperationKind.Read, key: 0, version: 1),
        ];
        Assert.Equal([new Broken(Guarantee.MonotonicReads, 3, 0, 1, Observation.FirstLost)], Broken.Of(SessionJudge.Judge(history)));

        // Forgotten by whom it came from, or after it came, it is gone.
        Assert.Empty(SessionJudge.Judge([.. history, At(2, 1, OperationKind.Forget)]));
        Assert.Empty(SessionJudge.Judge([.. history, At(3, 0, OperationKind.Forget)]));
    }

    [Fact]
    public void A_lost_version_is_not_demanded_through_another_session_and_what_its_author_had_seen_still_is()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: 3),
            At(2, 0, OperationKind.Write, key: 1, version: Observation.FirstLost),
            At(3, 0, OperationKind.Write, key: 2, version: 7),
            At(4, 1, OperationKind.Read, key: 2, version: 7),
            At(5, 1, OperationKind.Read, key: 1, version: 1),
            At(6, 1, OperationKind.Read, key: 0, version: 2),
        ];
        Assert.Equal([new Broken(Guarantee.MonotonicWrites, 5, 0, 2, 3)], Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void What_an_author_met_on_another_shard_is_not_demanded()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: 1),
            At(2, 0, OperationKind.Write, key: 1, version: 1) with { Shard = 1 },
            At(3, 1, OperationKind.Read, key: 1, version: 1) with { Shard = 1 },
            At(4, 1, OperationKind.Read, key: 0, version: 0),
            At(5, 0, OperationKind.Read, key: 0, version: 0),
        ];
        Assert.Equal([new Broken(Guarantee.ReadYourWrites, 4, 0, 0, 1)], Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void Failed_and_cancelled_operations_and_unknown_values_bind_nobody()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: 5) with { Failure = "AmbiguousWriteException" },
            At(2, 0, OperationKind.Write, key: 0, version: 6) with { WasCancelled = true },
            At(3, 0, OperationKind.Read) with { Failure = "DeadlineExceededException" },
            At(4, 0, OperationKind.Write) with { Failure = "ConflictException" },
            At(5, 0, OperationKind.Read, key: 0, version: Observation.Unknown),
            At(6, 0, OperationKind.Read, key: 0, version: 0),
        ];
        Assert.Empty(SessionJudge.Judge(history));
    }

    [Fact]
    public void A_merge_makes_the_others_past_the_own_one()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: 1),
            At(2, 0, OperationKind.Read, key: 1, version: 5),
            At(3, 1, OperationKind.Merge) with { Other = 0 },
            At(4, 0, OperationKind.Write, key: 0, version: 2),
            At(5, 1, OperationKind.Read, key: 0, version: 1),
            At(6, 1, OperationKind.Read, key: 0, version: 0),
            At(7, 1, OperationKind.Read, key: 1, version: 4),
            At(8, 2, OperationKind.Read, key: 0, version: 0),
        ];

        Assert.Equal(
            [
                new Broken(Guarantee.ReadYourWrites, 5, 0, 0, 1),
                new Broken(Guarantee.MonotonicReads, 5, 0, 0, 1),
                new Broken(Guarantee.MonotonicReads, 6, 1, 4, 5),
            ],
            Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void Operations_of_one_session_that_overlap_owe_each_other_nothing()
    {
        List<Operation> history =
        [
            At(5, 0, OperationKind.Read, key: 0, version: 3) with { Invoked = TimeSpan.FromTicks(1) },
            At(6, 0, OperationKind.Read, key: 0, version: 2) with { Invoked = TimeSpan.FromTicks(2) },
            At(7, 0, OperationKind.Read, key: 0, version: 2) with { Invoked = TimeSpan.FromTicks(6) },
        ];

        Assert.Equal([new Broken(Guarantee.MonotonicReads, 2, 0, 2, 3)], Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void Keys_of_one_snapshot_depend_on_each_other()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: 1),
            At(2, 0, OperationKind.Write, key: 1, version: 1),
            At(3, 1, OperationKind.Read) with { Observations = [new Observation(0, 0), new Observation(1, 1)] },
        ];

        Assert.Equal([new Broken(Guarantee.MonotonicWrites, 2, 0, 0, 1)], Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void A_read_that_found_nothing_is_believed_as_far_as_any_delete_explains_it()
    {
        List<Operation> history =
        [
            At(1, 0, OperationKind.Write, key: 0, version: 3),
            At(2, 0, OperationKind.Read) with { Observations = [new Observation(0, [2L, 5L])] },
            At(3, 0, OperationKind.Read, key: 0, version: 4),
            At(4, 1, OperationKind.Write, key: 0, version: 6),
            At(5, 1, OperationKind.Read) with { Observations = [new Observation(0, [2L, 5L])] },
        ];

        Assert.Equal(
            [new Broken(Guarantee.MonotonicReads, 2, 0, 4, 5), new Broken(Guarantee.ReadYourWrites, 4, 0, 5, 6)],
            Broken.Of(SessionJudge.Judge(history)));
    }

    [Fact]
    public void A_hundred_thousand_operations_over_fifty_keys_are_judged()
    {
        var history = RandomHistory.Flawless(seed: 7, 100_000, sessions: 60, keys: 50);
        Assert.True(history.Count > 75_000, $"{history.Count} operations");
        Assert.Empty(SessionJudge.Judge(history));
    }

    /// <summary>Lets one read show a version older than its session's own last write; says whether there was one to spoil.</summary>
    private static bool Plant(Random random, List<Operation> history)
    {
        var spoilable = Enumerable.Range(0, history.Count).Where(i => history[i].Kind == OperationKind.Read && OwnWrite(history, i) > 0).ToList();
        if (spoilable.Count == 0)
        {
            return false;
        }

        var index = spoilable[random.Next(spoilable.Count)];
        var key = history[index].Observations[0].Key;
        var stale = OwnWrite(history, index) - 1;
        history[index] = history[index] with { Observations = [new Observation(key, stale), .. history[index].Observations.Skip(1)] };
        return true;
    }

    private static long OwnWrite(List<Operation> history, int read) => history
        .Take(read)
        .Where(write => write.Kind == OperationKind.Write && write.Session == history[read].Session && write.Acknowledged
            && write.Completed < history[read].Invoked && write.Observations[0].Key == history[read].Observations[0].Key)
        .Select(static write => write.Observations[0].Versions[0])
        .DefaultIfEmpty()
        .Max();

    private static List<Operation> History(JsonElement rows)
    {
        var keys = new Dictionary<string, int>();
        var sessions = new Dictionary<string, int>();
        return
        [
            .. rows.EnumerateArray().Select((row, i) => At(
                i,
                Number(sessions, row.GetProperty("s").GetString()!),
                row.GetProperty("op").GetString() == "w" ? OperationKind.Write : OperationKind.Read,
                Number(keys, row.GetProperty("k").GetString()!),
                row.GetProperty("v").GetInt64())),
        ];
    }

    private static int Number(Dictionary<string, int> numbers, string name)
    {
        numbers.TryAdd(name, numbers.Count);
        return numbers[name];
    }

    private static Operation At(int moment, int session, OperationKind kind, int key, long version) =>
        At(moment, session, kind) with { Observations = [new Observation(key, version)] };

    private static Operation At(int moment, int session, OperationKind kind) => new()
    {
        Session = session,
        Kind = kind,
        Invoked = TimeSpan.FromTicks(moment),
        Completed = TimeSpan.FromTicks(moment),
    };

    private static IEnumerable<string> Names(IEnumerable<Broken> violations) => violations
        .Select(static violation => violation.Guarantee switch
        {
            Guarantee.ReadYourWrites => "RYW",
            Guarantee.MonotonicReads => "MR",
            Guarantee.MonotonicWrites => "MW",
            _ => "WFR",
        })
        .Distinct()
        .Order();

    private static IReadOnlyList<Broken> Sorted(IEnumerable<Broken> violations) =>
        [.. violations.OrderBy(static violation => violation.Operation).ThenBy(static violation => violation.Key).ThenBy(static violation => violation.Guarantee)];

    private static string Join<T>(IEnumerable<T> parts) => string.Join(", ", parts);
}
