using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Failover;

public sealed class PromotionRulesTests
{
    private static readonly LogHistory Old = new(new HistoryId(1), 1, []);
    private static readonly LogHistory New = new(new HistoryId(2), 2, [new HistoryAncestor(new HistoryId(1), 100)]);
    private static readonly LogHistory Twin = new(new HistoryId(3), 2, [new HistoryAncestor(new HistoryId(1), 100)]);

    [Theory]
    [InlineData(2, 1, 1)]
    [InlineData(3, 1, 2)]
    [InlineData(3, 2, 2)]
    [InlineData(4, 1, 3)]
    [InlineData(4, 2, 2)]
    [InlineData(4, 3, 2)]
    [InlineData(5, 2, 3)]
    [InlineData(7, 3, 4)]
    public void So_many_standbys_are_needed_that_each_write_is_with_one_and_two_sets_meet(int members, int required, int needed)
    {
        Assert.Equal(needed, Policy(members, required).Needed);
        Assert.True(needed > members - 1 - required, "each acknowledged write is with one of them");
        Assert.True(2 * needed > members - 1, "two coordinators can't both have as many");
    }

    [Fact]
    public void The_one_that_has_received_most_is_promoted_and_of_equals_the_one_in_better_shape()
    {
        var policy = Policy(4, 2);
        Assert.Equal("c", Choose(policy, Gone("a"), Held("b", 90), Held("c", 100), Held("d", 99)).Choice?.Member.Name);
        Assert.Equal("c", Choose(policy, Gone("a"), Held("b", 100) with { Alarms = 1 }, Held("c", 100), Held("d", 100)).Choice?.Member.Name);
        Assert.Equal("b", Choose(policy, Gone("a"), Held("b", 100), Held("c", 100), Held("d", 100)).Choice?.Member.Name);
    }

    [Fact]
    public void Only_standbys_that_are_held_and_detached_on_the_newest_history_and_know_their_position_count()
    {
        var policy = Policy(3, 1);
        Assert.Equal(FailoverRefusal.None, Choose(policy, Gone("a"), Held("b", 1), Held("c", 1)).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy, Gone("a"), Held("b", 1), Gone("c")).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy, Gone("a"), Held("b", 1), Held("c", 1) with { IsHeld = false }).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy, Gone("a"), Held("b", 1), Change("c", static known => known with { IsDetached = false })).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy, Gone("a"), Held("b", 1), Change("c", static known => known with { IsStreaming = true })).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy, Gone("a"), Held("b", 1), Change("c", static known => known with { Received = null })).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy, Gone("a"), Held("b", 1), Change("c", static known => known with { History = null })).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy, Gone("a"), Held("b", 1), Change("c", static known => known with { History = New })).Refusal);
        Assert.Equal(FailoverRefusal.None, Choose(policy with { AcceptLoss = true }, Gone("a"), Held("b", 1), Gone("c")).Refusal);
        Assert.Equal(FailoverRefusal.TooFewStandbys, Choose(policy with { AcceptLoss = true }, Gone("a"), Gone("b"), Gone("c")).Refusal);
    }

    [Fact]
    public void Nobody_is_promoted_beside_a_primary_that_answers_or_is_heard_or_where_histories_have_parted()
    {
        var policy = Policy(3, 1) with { RecheckInterval = TimeSpan.FromSeconds(1), FailuresToAct = 3 };
        Sight primary = new(policy.Of("a"), new NodeStanding(true, Old, 5));
        Assert.Equal(FailoverRefusal.PrimaryAnswers, Choose(policy, primary, Held("b", 1), Held("c", 1)).Refusal);
        Assert.Equal(FailoverRefusal.PrimaryAnswers, Choose(policy, primary with { Standing = new NodeStanding(true, null, 5) }, Held("b", 1), Held("c", 1)).Refusal);
        Assert.Equal(
            FailoverRefusal.Diverged,
            Choose(policy, new Sight(policy.Of("a"), new NodeStanding(true, New, 5)), new Sight(policy.Of("b"), new NodeStanding(true, Twin, 5)), Held("c", 1)).Refusal);

        // An old history's primary is none.
        Assert.Equal(FailoverRefusal.None, PromotionRules.Choose(
            Policy(4, 2), [new(policy.Of("a"), new NodeStanding(true, Old, 5)), OnNew("b"), OnNew("c"), Gone("d")], final: true).Refusal);

        Sight hears = Change("b", static known => known with { IsStreaming = true, IsDetached = false, SilentFor = TimeSpan.FromSeconds(2) });
        Sight lost = Change("b", static known => known with { IsStreaming = true, IsDetached = false, SilentFor = TimeSpan.FromSeconds(3) });
        Assert.Equal(FailoverRefusal.PrimaryIsHeard, PromotionRules.Choose(policy, [Gone("a"), hears, Held("c", 1)], final: false).Refusal);
        Assert.Equal(FailoverRefusal.None, PromotionRules.Choose(policy, [Gone("a"), lost, Held("c", 1)], final: false).Refusal);
    }

    [Fact]
    public void Standbys_that_were_found_detached_forbid_a_promotion_while_one_may_have_been_promoted_unseen()
    {
        // A coordinator detached b, c, d of a, and was never heard of again.
        var policy = Policy(4, 2);
        Assert.Equal(FailoverRefusal.PromotionUnclear, Choose(policy, Gone("a"), Found("b"), Found("c"), Gone("d")).Refusal);
        Assert.Equal(FailoverRefusal.None, Choose(policy, Gone("a"), Found("b"), Found("c"), Found("d")).Refusal);
        Assert.Equal(FailoverRefusal.None, Choose(policy, Gone("a"), Held("b", 1), Held("c", 1), Gone("d")).Refusal);
        Assert.Equal(FailoverRefusal.None, Choose(policy with { AcceptLoss = true }, Gone("a"), Found("b"), Found("c"), Gone("d")).Refusal);

        // With two standbys, one missing is the old primary itself.
        Assert.Equal(FailoverRefusal.None, Choose(Policy(3, 1), Gone("a"), Found("b"), Found("c")).Refusal);
    }

    [Fact]
    public void A_standby_that_was_detached_returns_only_when_nobody_can_have_been_promoted_unseen()
    {
        var policy = Policy(4, 2);
        Sight primary = new(policy.Of("a"), new NodeStanding(true, Old, 5) { Followers = ["d"] });
        Sight follows = new(policy.Of("d"), new NodeStanding(false, Old, 5) { IsStreaming = true });
        Assert.True(MayAttach(policy, primary, primary, Found("b"), Found("c"), follows));
        Assert.False(MayAttach(policy, primary, primary, Found("b"), Held("c", 1), Gone("d")));

        // Those that we detached ourselves, for one that is out of sight now, too.
        Assert.False(MayAttach(policy, primary, primary, Held("b", 1), Held("c", 1), Gone("d")));
        Assert.False(MayAttach(policy, primary, primary, Found("b"), Gone("c"), follows));
        Assert.False(MayAttach(policy, primary, primary, Found("b") with { IsHeld = false }, Found("c"), follows));

        // To the new primary, as soon as nobody else can be one; the old history's primary is the one that is missing.
        Sight promoted = new(policy.Of("d"), new NodeStanding(true, New, 5));
        Assert.True(MayAttach(policy, promoted, Gone("a"), Found("b"), Found("c"), promoted));
        Assert.False(MayAttach(policy, promoted, Gone("a"), Found("b"), Gone("c"), promoted));

        // One that was never detached can't have counted for anybody.
        Assert.True(MayAttach(policy, promoted, Gone("a"), Change("b", static known => known with { IsDetached = false }), Gone("c"), promoted));

        static bool MayAttach(FailoverPolicy policy, Sight primary, params Sight[] sights) => PromotionRules.MayAttach(policy, primary, sights[1], sights);
    }

    [Fact]
    public void What_a_node_needs_follows_from_what_it_has()
    {
        var policy = Policy(4, 2);
        Sight primary = new(policy.Of("a"), new NodeStanding(true, New, 500) { Followers = ["b"] });
        Assert.Equal(Mend.None, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(false, New, 400) { IsStreaming = true })));
        Assert.Equal(Mend.None, PromotionRules.MendOf(primary, Gone("b")));
        Assert.Equal(Mend.None, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(false, New, 400))));
        Assert.Equal(Mend.Attach, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(false, New, 400) { IsDetached = true })));
        Assert.Equal(Mend.Attach, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(false, Old, 100))));
        Assert.Equal(Mend.Rejoin, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(false, Old, 101))));
        Assert.Equal(Mend.Rejoin, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(false, Old, null))));
        Assert.Equal(Mend.Rejoin, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(true, Old, 90))));
        Assert.Equal(Mend.None, PromotionRules.MendOf(primary, new Sight(policy.Of("b"), new NodeStanding(true, Twin, 90))));
    }

    private static FailoverPolicy Policy(int members, int required) => new(
        "shard", [.. Enumerable.Range(0, members).Select(static i => new Member($"{(char)('a' + i)}", default, $"{(char)('a' + i)}", "", Counts: true))], required);

    private static PromotionChoice Choose(FailoverPolicy policy, params Sight[] sights) =>
        PromotionRules.Choose(policy, [.. sights.Select(sight => sight with { Member = policy.Of(sight.Member.Name) })], final: true);

    private static Sight Gone(string name) => new(Policy(7, 1).Of(name), null);

    private static Sight Held(string name, ulong received) =>
        new(Policy(7, 1).Of(name), new NodeStanding(false, Old, received) { IsDetached = true }) { IsHeld = true };

    private static Sight Found(string name) => Held(name, 1) with { WasDetached = true };

    private static Sight OnNew(string name) => Change(name, static known => known with { History = New });

    private static Sight Change(string name, Func<NodeStanding, NodeStanding> change) => Held(name, 1) with { Standing = change(Held(name, 1).Standing!) };
}
