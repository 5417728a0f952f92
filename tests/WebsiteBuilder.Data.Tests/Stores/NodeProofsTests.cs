using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Tests.Stores;

/// <summary>What a client need not ask again, and what makes it ask.</summary>
public sealed class NodeProofsTests
{
    private const uint Timeline = 3;
    private static readonly HistoryId History = new(77);
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(10);
    private readonly NodeProofs _proofs = new();

    [Fact]
    public void What_one_read_saw_stands_for_the_look_of_the_next_on_the_same_connection()
    {
        var run = First(replayed: 100, after: 120);

        var question = _proofs.Ask(new ReadGuard(0, 120), run, Start + Milliseconds(50));
        var stamp = _proofs.Stamp(question, null, After(150), null, ref run);

        Assert.Equal(120ul, question.Known!.Value.Replayed);
        Assert.Equal(new ReadStamp(IsPrimary: false, History, 120, 150, 1), stamp);
    }

    [Theory]
    [InlineData(121, 50)]
    [InlineData(120, 101)]
    public void More_than_was_seen_and_what_was_seen_too_long_ago_are_asked_for(ulong required, int later)
    {
        var run = First(replayed: 100, after: 120);

        Assert.Null(_proofs.Ask(new ReadGuard(0, required), run, Start + Milliseconds(later)).Known);
    }

    [Fact]
    public void A_connection_that_nobody_knows_has_to_look_first()
    {
        First(replayed: 100, after: 120);

        Assert.Null(_proofs.Ask(default, null, Start).Known);
    }

    [Fact]
    public void Another_connection_to_the_same_run_shares_what_was_seen()
    {
        var one = First(replayed: 100, after: 120);
        var other = Look(Lo(130), After(140), Start + Milliseconds(10));

        Assert.Same(one, other);
        Assert.Equal(140ul, _proofs.Ask(default, one, Start + Milliseconds(20)).Known!.Value.Replayed);
    }

    [Fact]
    public void A_server_that_came_back_behind_where_it_was_is_another_run_even_if_it_calls_itself_the_same()
    {
        var before = First(replayed: 100, after: 120);
        var after = Look(Lo(110), After(110), Start + Milliseconds(10));

        Assert.NotSame(before, after);
        Assert.Null(_proofs.Ask(default, before, Start + Milliseconds(20)).Known);
        Assert.Equal(110ul, _proofs.Ask(default, after, Start + Milliseconds(20)).Known!.Value.Replayed);
    }

    [Fact]
    public void What_was_asked_before_another_connection_joined_no_longer_counts()
    {
        var run = First(replayed: 100, after: 120);
        var late = _proofs.Ask(default, run, Start + Milliseconds(5));

        // The server crashed and came back at 120 while the answer was on its way; only the connections know.
        var joined = Look(Lo(120), After(120), Start + Milliseconds(10));
        _proofs.Stamp(late, null, After(500), null, ref run);

        Assert.Same(run, joined);
        Assert.Equal(120ul, _proofs.Ask(default, joined, Start + Milliseconds(20)).Known!.Value.Replayed);
    }

    [Fact]
    public void A_restarted_server_is_another_run()
    {
        var before = First(replayed: 100, after: 120);
        var after = Look(Lo(200) with { Incarnation = 2 }, After(200), Start + Milliseconds(10));

        Assert.NotSame(before, after);
    }

    [Fact]
    public void A_promotion_behind_what_is_known_fails_the_read_and_is_looked_at_by_the_next()
    {
        var run = First(replayed: 100, after: 120);
        var question = _proofs.Ask(default, run, Start + Milliseconds(10));

        var fault = Assert.Throws<StoreFaultException>(() => _proofs.Stamp(question, null, new HiStamp(InRecovery: false, null, null, 300, null), null, ref run));

        Assert.Equal(StoreFaultKind.WrongRole, fault.Kind);
        Assert.Null(run);
    }

    [Theory]
    [InlineData(Timeline + 1, false)]
    [InlineData(null, true)]
    public void A_history_is_claimed_only_as_far_as_the_receiver_was_on_it(uint? timeline, bool isReceived)
    {
        var run = First(replayed: 100, after: 120);
        var question = _proofs.Ask(default, run, Start + Milliseconds(10));

        // Without a receiver, what it received before is still of the history.
        var stamp = _proofs.Stamp(question, null, new HiStamp(InRecovery: true, 120, 120, null, timeline), null, ref run);

        Assert.Equal(isReceived ? History : default, stamp.History);
        Assert.Null(run);
    }

    [Fact]
    public void A_primary_goes_on_being_one_and_proves_no_more_than_was_proven()
    {
        ServerRun? run = null;
        var look = new LoStamp(InRecovery: false, null, Timeline, ReadCommitted: true, History, Timeline, 1);
        _proofs.Stamp(_proofs.Ask(default, null, Start), look, new HiStamp(InRecovery: false, null, null, 300, null), null, ref run);

        var question = _proofs.Ask(new ReadGuard(0, 1_000), run, Start + Milliseconds(10));
        var stamp = _proofs.Stamp(question, null, new HiStamp(InRecovery: false, null, null, 320, null), null, ref run);

        Assert.Equal(new ReadStamp(IsPrimary: true, History, 0, 320, 1), stamp);
    }

    [Fact]
    public void A_primary_that_must_prove_something_is_asked_everything()
    {
        ServerRun? run = null;
        var look = new LoStamp(InRecovery: false, null, Timeline, ReadCommitted: true, History, Timeline, 1);
        _proofs.Stamp(_proofs.Ask(default, null, Start), look, new HiStamp(InRecovery: false, null, null, 300, null), null, ref run);

        var question = _proofs.Ask(new ReadGuard(200, 0), run, Start);

        Assert.True(question.Proves);
        Assert.Null(question.Known);
    }

    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);

    private static LoStamp Lo(ulong replayed) => new(InRecovery: true, replayed, Timeline, ReadCommitted: true, History, Timeline, 1);

    private static HiStamp After(ulong replayed) => new(InRecovery: true, replayed, replayed, null, Timeline);

    private ServerRun? First(ulong replayed, ulong after) => Look(Lo(replayed), After(after), Start);

    private ServerRun? Look(LoStamp lo, HiStamp hi, TimeSpan askedAt)
    {
        ServerRun? run = null;
        _proofs.Stamp(_proofs.Ask(default, null, askedAt), lo, hi, null, ref run);
        return run;
    }
}
