using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>Reads that share round trips, with a store whose answers the test gives.</summary>
public sealed class PointReadsTests : IAsyncDisposable
{
    private readonly HandStore _store = new();
    private readonly PointReads<HeldItem, long> _reads;

    public PointReadsTests() => _reads = new PointReads<HeldItem, long>(
        _store,
        HeldItem.Map,
        default,
        new EngineRuntime(TimeProvider.System, new Random(1)),
        // However slow the machine is that runs the tests, no more than two are on their way.
        new CoalescingPolicy { MaxInFlight = 2, Gathering = 0, MaxKeys = 4, MaxBytes = 2_000, LargeRow = 500, MaxWaiting = 6, MaxWait = TimeSpan.FromMinutes(1) });

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task Without_load_each_read_goes_out_at_once_and_alone()
    {
        for (var key = 1; key <= 5; key++)
        {
            var read = Find(key);
            Assert.Equal([key], _store.Last.Keys);
            _store.Last.Answer();
            Assert.Equal(key, (await read).Value!.Id);
        }

        Assert.All(_store.Trips, static trip => Assert.True(trip.IsAlone));
    }

    [Fact]
    public async Task Reads_that_come_while_others_are_on_their_way_go_out_together_when_one_returns()
    {
        var reads = Enumerable.Range(1, 5).Select(key => Find(key)).ToArray();
        Assert.Equal(2, _store.Trips.Count);

        _store.Trips[0].Answer();
        await reads[0];
        await UntilAsync(() => _store.Trips.Count == 3);
        Assert.Equal([3L, 4, 5], _store.Last.Keys);
        _store.Last.Answer(new ReadStamp(false, new HistoryId(1), 7, 8, 9));

        Assert.Equal([3L, 4, 5], (await Task.WhenAll(reads[2..])).Select(static read => read.Value!.Id));
        Assert.Equal(7ul, (await reads[4]).Stamp.Lo);
        Assert.False(reads[1].IsCompleted);
        _store.Trips[1].Answer();
        await reads[1];
    }

    [Fact]
    public async Task No_more_go_out_together_than_are_allowed_and_too_many_are_throttled()
    {
        var reads = Enumerable.Range(1, 8).Select(key => Find(key)).ToArray();

        var fault = await Assert.ThrowsAsync<StoreFaultException>(() => Find(9));
        Assert.Equal((StoreFaultKind.Throttled, WriteDisposition.NotApplied, false), (fault.Kind, fault.Disposition, fault.BlamesNode));
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);
        Assert.Equal([3L, 4, 5, 6], _store.Last.Keys);
        _store.Last.Answer();
        await Task.WhenAll(reads[2..6]);
        await UntilAsync(() => _store.Trips.Count == 4);
        Assert.Equal([7L, 8], _store.Last.Keys);
    }

    [Fact]
    public async Task Two_readers_of_one_key_get_an_entity_each()
    {
        var reads = await TogetherAsync(3, 3, 4);
        _store.Last.Answer();

        var (one, other) = ((await reads[0]).Value!, (await reads[1]).Value!);
        Assert.Equal(one, other);
        Assert.NotSame(one, other);
    }

    [Fact]
    public async Task A_key_that_nothing_has_is_not_found_beside_others_that_are()
    {
        var reads = await TogetherAsync(3, -1);
        _store.Last.Answer();

        Assert.NotNull((await reads[0]).Value);
        Assert.Null((await reads[1]).Value);
    }

    [Fact]
    public async Task What_one_must_have_proven_is_proven_for_all()
    {
        Hold();
        _ = _reads.FindAsync(3, new ReadGuard(5, 0), default);
        _ = _reads.FindAsync(4, new ReadGuard(70, 0), default);
        _ = _reads.FindAsync(5, default, default);
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);

        Assert.Equal(70ul, _store.Last.Guard.ProveAtPrimary);
    }

    [Fact]
    public async Task Whoever_gave_up_while_waiting_is_not_asked_for()
    {
        Hold();
        using var left = new CancellationTokenSource();
        var gone = _reads.FindAsync(3, default, left.Token);
        var stays = Find(4);
        await left.CancelAsync();
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);

        Assert.Equal([4L], _store.Last.Keys);
        Assert.Equal(StoreFaultKind.Cancelled, (await Assert.ThrowsAsync<StoreFaultException>(() => gone)).Kind);
        _store.Last.Answer();
        Assert.Equal(4, (await stays).Value!.Id);
    }

    [Fact]
    public async Task A_round_trip_goes_on_until_the_last_who_waits_for_it_has_left()
    {
        Hold();
        using var one = new CancellationTokenSource();
        using var other = new CancellationTokenSource();
        _ = _reads.FindAsync(3, default, one.Token);
        _ = _reads.FindAsync(4, default, other.Token);
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);

        await one.CancelAsync();
        Assert.False(_store.Last.Token.IsCancellationRequested);
        await other.CancelAsync();
        await UntilAsync(() => _store.Last.Token.IsCancellationRequested);
    }

    [Fact]
    public async Task A_node_that_fails_a_shared_round_trip_has_failed_once()
    {
        var reads = await TogetherAsync(3, 4, 5);
        _store.Last.Fail(new StoreFaultException(StoreFaultKind.Interrupted, WriteDisposition.NotApplied, "Gone."));

        var faults = new List<StoreFaultException>();
        foreach (var read in reads)
        {
            faults.Add(await Assert.ThrowsAsync<StoreFaultException>(() => read));
        }

        Assert.All(faults, static fault => Assert.True(fault.BlamesNode));
        Assert.Single(faults, static fault => !fault.IsEcho);
        Assert.Equal(3, faults.Distinct().Count());
        var next = Find(6);
        await UntilAsync(() => _store.Last.Keys is [6L]);
        _store.Last.Answer();
        await next;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_key_that_spoils_a_round_trip_fails_alone_and_is_asked_for_alone_from_then_on(bool isRefused)
    {
        var reads = await TogetherAsync(3, 13, 5);
        _store.Poison = 13;
        if (isRefused)
        {
            _store.Last.Fail(new StoreFaultException(StoreFaultKind.Rejected, WriteDisposition.NotApplied, "No."));
        }
        else
        {
            _store.Last.AnswerUnclear();
        }

        await Assert.ThrowsAsync<StoreFaultException>(() => reads[1]);
        Assert.Equal((3L, 5L), ((await reads[0]).Value!.Id, (await reads[2]).Value!.Id));
        _store.Trips[1].Answer();

        _store.Poison = null;
        await TogetherAsync(6, 13, 7);
        Assert.Equal([6L], _store.Last.Keys);
        _store.Last.Answer();
        await UntilAsync(() => _store.Last.Keys is [13L]);
    }

    [Fact]
    public async Task A_row_that_was_large_does_not_hold_others_up_again()
    {
        var reads = await TogetherAsync(3, 4);
        _store.Last.Answer(bytes: key => key == 4 ? 501 : 100);
        await Task.WhenAll(reads);
        _store.Trips[1].Answer();

        await TogetherAsync(5, 4, 6);
        Assert.Equal([5L], _store.Last.Keys);
        _store.Last.Answer();
        await UntilAsync(() => _store.Last.Keys is [4L]);
        Assert.True(_store.Last.IsAlone);
        _store.Last.Answer();
        await UntilAsync(() => _store.Last.Keys is [6L]);
    }

    [Fact]
    public async Task A_key_whose_reader_gave_up_is_not_kept_apart()
    {
        Hold();
        using var left = new CancellationTokenSource();
        var gone = _reads.FindAsync(3, default, left.Token);
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);
        await left.CancelAsync();
        _store.Last.Fail(new StoreFaultException(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "Left."));
        await Assert.ThrowsAsync<StoreFaultException>(() => gone);
        _store.Trips[1].Answer();

        await TogetherAsync(3, 4);
        Assert.True(_store.Last.Keys is [3L, 4L]);
    }

    [Fact]
    public async Task Whoever_waits_too_long_is_throttled_which_says_nothing_against_the_node()
    {
        var time = new ManualTimeProvider();
        var reads = new PointReads<HeldItem, long>(
            _store, HeldItem.Map, default, new EngineRuntime(time, new Random(1)), new CoalescingPolicy { MaxInFlight = 2, MaxWait = TimeSpan.FromSeconds(1) });
        _ = reads.FindAsync(1, default, default);
        _ = reads.FindAsync(2, default, default);
        var late = reads.FindAsync(3, default, default);
        time.Advance(TimeSpan.FromSeconds(2));
        _store.Trips[0].Answer();

        var fault = await Assert.ThrowsAsync<StoreFaultException>(() => late);
        Assert.Equal((StoreFaultKind.Throttled, true, false), (fault.Kind, fault.IsOwnLimit, fault.BlamesNode));
    }

    [Fact]
    public void Large_rows_make_batches_small()
    {
        var sizes = new RowSizes<long>(500);
        Assert.Equal(7, sizes.RowsWithin(2_000));
        for (var i = 0; i < 200; i++)
        {
            sizes.Learn(i, 1_000);
        }

        Assert.InRange(sizes.RowsWithin(2_000), 1, 2);
        Assert.True(sizes.IsAlone(1));
    }

    [Fact]
    public async Task A_server_that_calls_other_keys_equal_is_asked_key_by_key_from_then_on()
    {
        var reads = await TogetherAsync(3, 4);
        _store.Renames = true;
        _store.Last.AnswerUnclear();
        await Task.WhenAll(reads);
        var before = _store.Trips.Count;

        await Task.WhenAll(Enumerable.Range(1, 6).Select(key => Find(key)));
        Assert.Equal(before + 6, _store.Trips.Count);
        Assert.All(_store.Trips.Skip(before), static trip => Assert.True(trip.IsAlone));
    }

    [Fact]
    public async Task Where_many_go_together_a_few_wait_for_more_instead_of_going_ahead()
    {
        var reads = new PointReads<HeldItem, long>(
            _store, HeldItem.Map, default, new EngineRuntime(TimeProvider.System, new Random(1)), new CoalescingPolicy { MaxInFlight = 2, Gathering = 0.5, WaitStep = TimeSpan.FromMinutes(1) });
        var all = Enumerable.Range(1, 10).Select(key => reads.FindAsync(key, default, default)).ToArray();
        Assert.Equal(2, _store.Trips.Count);
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);
        Assert.Equal(8, _store.Last.Keys.Count);
        _store.Trips[1].Answer();
        await all[1];

        var more = Enumerable.Range(11, 2).Select(key => reads.FindAsync(key, default, default)).ToList();
        Assert.Equal(3, _store.Trips.Count);
        more.AddRange(Enumerable.Range(13, 2).Select(key => reads.FindAsync(key, default, default)));
        await UntilAsync(() => _store.Trips.Count == 4);
        Assert.Equal([11L, 12, 13, 14], _store.Last.Keys);
        more.Add(reads.FindAsync(15, default, default));
        _store.Trips[2].Answer();
        _store.Last.Answer();

        // With nobody on the way, one is enough.
        await UntilAsync(() => _store.Trips.Count == 5);
        Assert.Equal([15L], _store.Last.Keys);
        _store.Last.Answer();
        await Task.WhenAll([.. all, .. more]);
    }

    [Fact]
    public async Task Whoever_waits_for_more_does_not_wait_for_a_round_trip_that_hangs()
    {
        var time = new ManualTimeProvider();
        var reads = new PointReads<HeldItem, long>(
            _store, HeldItem.Map, default, new EngineRuntime(time, new Random(1)), new CoalescingPolicy { MaxInFlight = 2, Gathering = 0.5, WaitStep = TimeSpan.FromMilliseconds(2) });
        var all = Enumerable.Range(1, 10).Select(key => reads.FindAsync(key, default, default)).ToArray();
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);
        _store.Trips[1].Answer();
        await all[1];
        var late = reads.FindAsync(11, default, default);
        Assert.Equal(3, _store.Trips.Count);

        time.Advance(TimeSpan.FromMilliseconds(2));

        await UntilAsync(() => _store.Trips.Count == 4);
        Assert.Equal([11L], _store.Last.Keys);
        _store.Last.Answer();
        Assert.Equal(11, (await late).Value!.Id);
        _store.Trips[2].Answer();
        await Task.WhenAll(all);
    }

    [Fact]
    public async Task A_read_that_was_never_sent_says_nothing_against_the_node()
    {
        var time = new ManualTimeProvider();
        var reads = new PointReads<HeldItem, long>(
            _store, HeldItem.Map, default, new EngineRuntime(time, new Random(1)), new CoalescingPolicy { MaxInFlight = 1, MinInFlight = 1 });
        var sent = new Noted(1, TimeSpan.FromMilliseconds(100));
        var waiting = new Noted(2, TimeSpan.FromMilliseconds(100));
        reads.Begin(sent);
        reads.Begin(waiting);

        time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.IsType<TimeoutException>(sent.Error);
        Assert.False(Assert.IsType<StoreFaultException>(waiting.Error).BlamesNode);
        await UntilAsync(() => _store.Trips[0].Token.IsCancellationRequested);
    }

    [Fact]
    public async Task Who_was_alone_and_has_nobody_behind_may_go_on_where_it_was_answered()
    {
        var alone = new Noted(1, TimeSpan.MaxValue);
        _reads.Begin(alone);
        _store.Last.Answer();
        await UntilAsync(() => alone.MayGoOnHere is not null);
        Assert.True(alone.MayGoOnHere);

        var many = Enumerable.Range(2, 4).Select(static key => new Noted(key, TimeSpan.MaxValue)).ToArray();
        Array.ForEach(many, _reads.Begin);
        _store.Trips[1].Answer();
        await UntilAsync(() => _store.Trips.Count == 4);
        _store.Trips[3].Answer();
        await UntilAsync(() => Array.TrueForAll(many, static read => read.Key == 3 || read.MayGoOnHere is not null));
        Assert.All(many, static read => Assert.True(read.MayGoOnHere is null or false));
    }

    [Fact]
    public void Who_is_answered_at_once_does_not_go_on_where_somebody_else_asks()
    {
        _store.Poison = 9;
        var read = new Noted(1, TimeSpan.MaxValue);

        _reads.Begin(read);

        Assert.False(read.MayGoOnHere);
    }

    [Fact]
    public async Task What_is_sent_for_many_does_not_carry_the_first_ones_context()
    {
        var whose = new AsyncLocal<string?> { Value = "first" };
        var first = Find(1);
        var second = Find(2);
        whose.Value = null;
        var third = Find(3);
        _store.Seen = () => whose.Value;
        _store.Trips[0].Answer();
        await UntilAsync(() => _store.Trips.Count == 3);

        Assert.Null(_store.Last.Context);
        _store.Trips[1].Answer();
        _store.Last.Answer();
        await Task.WhenAll(first, second, third);
    }

    [Fact]
    public void Longer_ways_have_more_on_them()
    {
        var policy = CoalescingPolicy.Default;
        Assert.Equal(policy.MinInFlight, policy.InFlight(TimeSpan.FromMilliseconds(0.1)));
        Assert.InRange(policy.InFlight(TimeSpan.FromMilliseconds(10)), policy.MinInFlight + 1, policy.MaxInFlight);
        Assert.Equal(policy.MaxInFlight, policy.InFlight(TimeSpan.FromMilliseconds(200)));
    }

    private Task<StoreRead<HeldItem?>> Find(long key) => _reads.FindAsync(key, default, default);

    /// <summary>Lets as many go as may, so that the next ones wait.</summary>
    private void Hold()
    {
        _ = Find(1);
        _ = Find(2);
    }

    /// <summary>Lets reads go out in one round trip, the last of the store's.</summary>
    private async Task<Task<StoreRead<HeldItem?>>[]> TogetherAsync(params long[] keys)
    {
        // Whoever has been answered knows nothing of the place that the answer held.
        await UntilAsync(() => _reads.InFlight == 0);
        var before = _store.Trips.Count;
        Hold();
        var reads = keys.Select(Find).ToArray();
        _store.Trips[before].Answer();
        await UntilAsync(() => _store.Trips.Count == before + 3);
        return reads;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!holds())
        {
            await Task.Delay(1, patience.Token);
        }
    }

    /// <summary>Notes how it ended.</summary>
    private sealed class Noted : PointRead<HeldItem, long>
    {
        public Noted(long key, TimeSpan due)
            : base(key, default) => Due = due;

        public Exception? Error { get; private set; }

        /// <summary>Whether its caller might have gone on where it was answered; null before.</summary>
        public bool? MayGoOnHere { get; private set; }

        public override void Answered(in StoreRead<HeldItem?> answer, bool mayGoOnHere) => MayGoOnHere = mayGoOnHere;

        public override void Failed(Exception error) => Error = error;
    }
}
