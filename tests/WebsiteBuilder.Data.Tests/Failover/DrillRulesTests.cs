using WebsiteBuilder.Data.Failover;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Tests.Failover;

/// <summary>What is foretold of a shard whose region goes: five members in three regions, the primary and one more in the first.</summary>
public sealed class DrillRulesTests
{
    private static readonly LogHistory Log = new(new HistoryId(1), 1, []);
    private static readonly RegionId East = RegionId.Parse("us-east-1");
    private static readonly RegionId West = RegionId.Parse("us-west-2");
    private static readonly RegionId South = RegionId.Parse("sa-east-1");
    private static readonly TimeSpan Trip = TimeSpan.FromMilliseconds(10);

    [Fact]
    public void The_standby_that_has_received_most_is_promoted_and_nothing_confirmed_is_lost_if_enough_are_left()
    {
        var shard = Predict(East, 2);

        Assert.True(shard.HasPrimary && shard.LosesPrimary && shard.Survives);
        Assert.Equal(("c", FailoverRefusal.None), (shard.Promoted, shard.Refusal));
        Assert.True(shard.KeepsConfirmedWrites);
        Assert.True(shard.ConfirmsAfterwards);
        Assert.Equal(10UL, shard.LogAtRisk);

        // It has what was there at 800 ms; the last look ended at 1,010.
        Assert.Equal(TimeSpan.FromMilliseconds(210), shard.RecoveryPoint);
        Assert.Equal(21L, shard.WritesAtRisk);
        Assert.Equal((2 * TimeSpan.FromSeconds(1)) + (8 * Trip), shard.RecoveryTimeAtLeast);
        Assert.InRange(shard.RecoveryTimeAtMost!.Value, TimeSpan.FromSeconds(39), TimeSpan.FromSeconds(97));
    }

    [Fact]
    public void Too_few_standbys_left_to_know_what_was_acknowledged_promote_nobody()
    {
        var shard = Predict(East, 1);

        Assert.Equal(FailoverRefusal.TooFewStandbys, shard.Refusal);
        Assert.False(shard.KeepsConfirmedWrites);
        Assert.False(shard.Survives);
        Assert.Null(shard.RecoveryTimeAtMost);
        Assert.Equal("c", shard.Promoted);
    }

    [Fact]
    public void Too_few_standbys_left_to_acknowledge_are_told_although_one_is_promoted()
    {
        var shard = Predict(East, 3);

        Assert.Equal(("c", FailoverRefusal.None), (shard.Promoted, shard.Refusal));
        Assert.True(shard.KeepsConfirmedWrites);
        Assert.False(shard.ConfirmsAfterwards);
        Assert.False(shard.Survives);
    }

    [Fact]
    public void A_region_without_the_primary_costs_no_promotion_but_perhaps_the_confirmations()
    {
        var west = Predict(West, 2);
        Assert.Equal((false, TimeSpan.Zero, TimeSpan.Zero), (west.LosesPrimary, west.RecoveryPoint, west.RecoveryTimeAtMost));
        Assert.True(west.Survives);
        Assert.Null(west.Promoted);

        Assert.False(Predict(West, 4).ConfirmsAfterwards);
    }

    [Fact]
    public void A_lag_beyond_what_was_watched_is_unknown_and_never_zero()
    {
        var shard = Predict(East, 2, Standby("c", West, 10), Standby("d", South, 10), Standby("e", South, 10));

        Assert.Null(shard.RecoveryPoint);
        Assert.Null(shard.WritesAtRisk);
        Assert.Equal(990UL, shard.LogAtRisk);
    }

    [Fact]
    public void Without_standbys_to_wait_for_the_most_advanced_is_named_and_nobody_promotes_it()
    {
        var policy = Policy(2) with { Required = 0 };
        var shard = DrillRules.Predict(policy, East, Seen(Primary(rule: null)), isCoordinated: false);

        Assert.Equal(("c", FailoverRefusal.NotAutomatic), (shard.Promoted, shard.Refusal));
        Assert.Null(shard.RecoveryTimeAtMost);
        Assert.Equal(TimeSpan.FromMilliseconds(210), shard.RecoveryPoint);
    }

    [Fact]
    public void A_primary_that_waits_for_others_than_the_settings_say_is_not_replaced()
    {
        var shard = DrillRules.Predict(Policy(2), East, Seen(Primary(Policy(1).RuleOf("a"))), isCoordinated: true);

        Assert.Equal(FailoverRefusal.RuleDiffers, shard.Refusal);
        Assert.False(shard.KeepsConfirmedWrites);
    }

    [Fact]
    public void No_primary_in_sight_foretells_nothing()
    {
        var shard = DrillRules.Predict(Policy(2), East, Seen(new Sight(Policy(2).Of("a"), null)), isCoordinated: true);

        Assert.False(shard.HasPrimary);
        Assert.False(shard.Survives);
    }

    [Theory]
    [InlineData("us-east-1", 1, 900, SessionFate.Unaffected)]
    [InlineData("us-east-1", 1, 960, SessionFate.Blocked)]
    [InlineData("us-east-1", 1, 995, SessionFate.ToldOfLoss)]
    [InlineData("us-west-2", 1, 995, SessionFate.Unaffected)]
    [InlineData("us-east-1", 7, 1, SessionFate.ToldOfLoss)]
    public void A_session_goes_on_waits_or_is_told_by_what_it_requires(string lost, uint history, ulong required, object fate) =>
        Assert.Equal(fate, DrillRules.FateOf(Policy(2), RegionId.Parse(lost), Seen(Primary(Policy(2).RuleOf("a"))), new HistoryId(history), required));

    private static ShardDrill Predict(RegionId lost, int required, params Sight[] instead) =>
        DrillRules.Predict(Policy(required), lost, Seen([Primary(Policy(required).RuleOf("a")), .. instead]), isCoordinated: true);

    private static FailoverPolicy Policy(int required) => new(
        "shard",
        [.. new[] { ("a", East), ("b", East), ("c", West), ("d", South), ("e", South) }.Select(static node => new Member(node.Item1, node.Item2, node.Item1, "", true))],
        required)
    {
        CheckInterval = TimeSpan.FromSeconds(30),
        RecheckInterval = TimeSpan.FromSeconds(1),
        CheckTimeout = TimeSpan.FromSeconds(10),
        FailuresToAct = 3,
        AutoPromote = true,
    };

    /// <summary>The primary was at 990 from 200 to 800 ms, and is at 1,000 since.</summary>
    private static DrillSight Seen(params Sight[] instead)
    {
        var samples = new PositionSamples();
        samples.Enter(Log.Id, 0);
        samples.Add(Log.Id, TimeSpan.FromMilliseconds(200), 990);
        samples.Add(Log.Id, TimeSpan.FromMilliseconds(800), 990);
        samples.Add(Log.Id, TimeSpan.FromMilliseconds(1_000), 1_000);
        Sight[] usual = [Standby("b", East, 1_000), Standby("c", West, 990), Standby("d", South, 980), Standby("e", South, 980)];
        return new DrillSight([.. instead, .. usual.Where(sight => !instead.Any(other => other.Member.Name == sight.Member.Name))], samples, TimeSpan.FromSeconds(1), Trip, 100);
    }

    private static Sight Primary(AcknowledgementRule? rule) =>
        new(Policy(2).Of("a"), new NodeStanding(true, Log, 1_000) { Rule = rule, Followers = ["b", "c", "d", "e"] });

    private static Sight Standby(string name, RegionId region, ulong received) => new(
        new Member(name, region, name, "", true),
        new NodeStanding(false, Log, received) { Replayed = received - 40 < received ? received - 40 : 0, IsStreaming = true, SilentFor = TimeSpan.Zero });
}
