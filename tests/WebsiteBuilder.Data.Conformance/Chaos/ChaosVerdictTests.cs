using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>What the judges of rounds find: each promise, broken on purpose.</summary>
public sealed class ChaosVerdictTests
{
    private const uint Old = 11;
    private const uint New = 12;

    /// <summary>The promotion kept the log of timeline 1 up to here.</summary>
    private const ulong Switch = 100;

    private static readonly ShardId Shard = new(StoreKind.PostgreSql, 0);
    private static readonly ChaosTimelines Promoted = new(new Dictionary<long, ulong> { [1] = Switch }, new Dictionary<uint, long> { [Old] = 1, [New] = 2 }, 2);

    [Fact]
    public void A_round_that_lost_weaker_writes_and_told_so_is_good() => Assert.Empty(Judge(
        [
            Write(1, 7, 10, WriteDurability.RemoteApply, 90),
            Write(1, 8, 20, WriteDurability.Local, 110),
            Failed(OperationKind.Read, 30, 110, Lost()) with { Level = ConsistencyLevel.Session },
            Forget(40),
            Read(50, 7, New),
        ],
        kept: [7]));

    [Fact]
    public void A_write_that_standbys_had_confirmed_and_that_is_gone_is_found() =>
        Assert.Contains(Judge([Write(1, 7, 10, WriteDurability.RemoteApply, 90)], kept: []), static found => found.Contains(nameof(DurabilityJudge), StringComparison.Ordinal));

    [Fact]
    public void A_session_that_goes_on_with_another_key_without_being_told_of_its_loss_is_found()
    {
        ChaosCall[] calls = [Write(2, 9, 5, WriteDurability.RemoteApply, 80), Write(1, 8, 20, WriteDurability.Local, 110), Read(50, 9, New) with { Keys = [2] }];

        Assert.Contains(Judge(calls, kept: [9]), static found => found.Contains(nameof(LostHistoryJudge), StringComparison.Ordinal));
    }

    [Fact]
    public void A_session_that_misses_its_own_write_is_found()
    {
        ChaosCall[] calls = [Write(1, 7, 10, WriteDurability.Local, 80), Write(1, 8, 20, WriteDurability.Local, 90), Read(50, 7, New)];

        Assert.Contains(Judge(calls, kept: [7, 8]), static found => found.Contains(nameof(SessionJudge), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(90)]
    [InlineData(15)]
    public void A_write_that_shows_without_what_its_author_had_read_is_found_whether_or_not_that_was_acknowledged(int acknowledgedAt)
    {
        ChaosCall[] calls =
        [
            Write(1, 7, 1, WriteDurability.Local, 80) with { Session = 1 },
            Write(1, 8, 10, WriteDurability.RemoteApply, 85) with { Session = 1, Completed = At(acknowledgedAt) },
            Read(20, 8, Old) with { Session = 2 },
            Write(2, 9, 30, WriteDurability.Local, 90) with { Session = 2 },
            Read(40, 7, Old) with { Session = 3, Keys = [1, 2], Values = [7, 9] },
        ];

        Assert.Contains(nameof(SessionJudge), Assert.Single(Judge(calls, kept: [7, 8, 9])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_that_stands_in_the_log_twice_is_found() =>
        Assert.Contains(Judge([Write(1, 7, 10, WriteDurability.Local, 80)], kept: [7, 7]), static found => found.StartsWith("Once", StringComparison.Ordinal));

    [Fact]
    public void A_value_that_nobody_wrote_is_found() =>
        Assert.Contains(Judge([Read(50, 99, New)], kept: []), static found => found.Contains(nameof(PhantomJudge), StringComparison.Ordinal));

    [Fact]
    public void An_eventual_read_that_fails_is_found_unless_the_machine_stood_still()
    {
        ChaosCall[] calls = [Failed(OperationKind.Read, 50, 80, new DeadlineExceededException("No node answered in time.")) with { Level = ConsistencyLevel.Eventual }];

        Assert.StartsWith("Eventual", Assert.Single(Judge(calls, kept: [])), StringComparison.Ordinal);
        Assert.Empty(Judge(calls, kept: [], starved: [(At(51), At(60))]));
        Assert.Single(Judge(calls, kept: [], starved: [(At(10), At(20))]));
    }

    [Fact]
    public void A_session_read_that_a_replica_could_have_answered_is_found_when_one_node_was_gone()
    {
        var failed = Failed(OperationKind.Read, 50, 90, new DeadlineExceededException("No node proved in time what the read requires.")) with { Level = ConsistencyLevel.Session };

        Assert.StartsWith("Coverable", Assert.Single(Judge([failed], kept: [])), StringComparison.Ordinal);
        Assert.Empty(Judge([failed with { Before = Token(Old, 110) }], kept: []));
        Assert.Empty(Judge([failed with { Before = Token(New, 110) }], kept: []));
        Assert.Empty(Judge([failed], kept: [], isOneNode: false));
    }

    [Fact]
    public void A_session_that_is_told_of_a_loss_that_was_none_is_found() => Assert.StartsWith(
        "FalseAlarm", Assert.Single(Judge([Failed(OperationKind.Read, 50, 90, Lost()) with { Level = ConsistencyLevel.Session }], kept: [])), StringComparison.Ordinal);

    [Fact]
    public void What_fails_when_all_is_mended_is_found() =>
        Assert.StartsWith("Recovery", Assert.Single(Judge([Failed(OperationKind.Write, 50, 90, new DeadlineExceededException("Late.")) with { Values = [7], IsHealed = true }], kept: [])), StringComparison.Ordinal);

    private static IReadOnlyList<string> Judge(ChaosCall[] calls, long[] kept, bool isOneNode = true, params (TimeSpan From, TimeSpan To)[] starved) =>
        ChaosVerdict.Of(Remember(calls, kept), isOneNode, starved);

    private static ChaosHistory Remember(ChaosCall[] calls, long[] kept)
    {
        var keys = calls.Where(static call => call.Kind == OperationKind.Write).ToLookup(static call => call.Values[0]!.Value, static call => call.Keys[0]);
        return new ChaosHistory(calls, [.. kept.Select((value, i) => new ChaosEntry(i + 1, keys[value].First(), value, 1))], [], Promoted, first: 1);
    }

    private static ChaosCall Write(int key, long value, int at, WriteDurability reached, ulong position) => Call(OperationKind.Write, at) with
    {
        Keys = [key],
        Values = [value],
        Asked = reached,
        Reached = reached,
        After = Token(Old, position),
    };

    private static ChaosCall Read(int at, long value, uint history) =>
        Call(OperationKind.Read, at) with { Keys = [1], Values = [value], Level = ConsistencyLevel.Session, After = Token(history, 90) };

    private static ChaosCall Forget(int at) => Call(OperationKind.Forget, at) with { After = Token(New, Switch) };

    private static ChaosCall Failed(OperationKind kind, int at, ulong required, Exception error) =>
        Call(kind, at) with { Keys = [1], Before = Token(Old, required), Error = error };

    private static ChaosCall Call(OperationKind kind, int at) => new() { Session = 0, Process = 0, Kind = kind, Invoked = At(at), Completed = At(at + 5) };

    private static SessionHistoryLostException Lost() => new("Writes are lost.", default);

    private static SessionToken Token(uint history, ulong position) => new([new SessionFloor(Shard, new HistoryId(history), position, 0)]);

    private static TimeSpan At(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
