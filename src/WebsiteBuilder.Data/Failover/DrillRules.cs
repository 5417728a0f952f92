using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Failover;

/// <summary>What was seen of a shard while it was watched.</summary>
/// <param name="Sights">Every member once, as it was last.</param>
/// <param name="Samples">The primary's positions meanwhile, in its history.</param>
/// <param name="LookedAt">When the last look began.</param>
/// <param name="RoundTrip">How long the last look took.</param>
/// <param name="CommitsPerSecond">At the primary; null if that isn't known.</param>
internal sealed record DrillSight(IReadOnlyList<Sight> Sights, PositionSamples Samples, TimeSpan LookedAt, TimeSpan RoundTrip, double? CommitsPerSecond);

/// <summary>What would become of a shard without one region. Pure: it asks <see cref="PromotionRules"/> what a coordinator would do with what is left.</summary>
internal static class DrillRules
{
    /// <summary>What a promotion itself counts with.</summary>
    private static readonly TimeSpan Promotion = TimeSpan.FromSeconds(2);

    /// <summary>Looking, voting, looking again, detaching, comparing, renewing, promoting, attaching: one trip each.</summary>
    private const int Trips = 8;

    /// <summary>Foretells it.</summary>
    /// <param name="policy">The group, and how its coordinator works.</param>
    /// <param name="lost">The region.</param>
    /// <param name="seen">What is known.</param>
    /// <param name="isCoordinated">Whether a coordinator with this policy runs.</param>
    public static ShardDrill Predict(FailoverPolicy policy, RegionId lost, DrillSight seen, bool isCoordinated)
    {
        if (PromotionRules.Primary(seen.Sights) is not { } primary)
        {
            return new ShardDrill(policy.Shard) { Refusal = FailoverRefusal.Diverged };
        }

        var (left, choice) = Left(policy, lost, seen);
        if (primary.Member.Region != lost)
        {
            return new ShardDrill(policy.Shard)
            {
                HasPrimary = true,
                KeepsConfirmedWrites = true,
                ConfirmsAfterwards = left.Count(sight => sight.Member.Counts && PromotionRules.Follows(primary, sight)) >= policy.Required,
                RecoveryPoint = TimeSpan.Zero,
                LogAtRisk = 0,
                WritesAtRisk = 0,
                RecoveryTimeAtLeast = TimeSpan.Zero,
                RecoveryTimeAtMost = TimeSpan.Zero,
            };
        }

        var refusal = choice.Refusal != FailoverRefusal.None ? choice.Refusal
            : !isCoordinated || !policy.AutoPromote ? FailoverRefusal.NotAutomatic
            : RuleDiffers(policy, primary) && !policy.AcceptLoss ? FailoverRefusal.RuleDiffers
            : FailoverRefusal.None;
        var heir = choice.Choice ?? Most(left, primary);
        var risk = heir?.Standing?.Received is { } received && seen.Samples.CurrentAt(received) is { } current ? seen.LookedAt + seen.RoundTrip - current : (TimeSpan?)null;
        return new ShardDrill(policy.Shard)
        {
            HasPrimary = true,
            LosesPrimary = true,
            Promoted = heir?.Member.Name,
            Refusal = refusal,
            KeepsConfirmedWrites = heir is not null && (policy.Required == 0 || (choice.Counted.Count >= policy.Needed && !RuleDiffers(policy, primary))),
            ConfirmsAfterwards = heir is not null && left.Count(sight => sight.Member != heir.Member && IsStandby(sight, primary)) >= policy.Required,
            RecoveryPoint = risk,
            LogAtRisk = heir?.Standing?.Received is { } has && primary.Standing!.Received is { } written ? written - Math.Min(written, has) : null,
            WritesAtRisk = risk is { } span && seen.CommitsPerSecond is { } rate ? (long)Math.Ceiling(span.TotalSeconds * rate) : null,
            RecoveryTimeAtLeast = refusal == FailoverRefusal.None ? ((policy.FailuresToAct - 1) * policy.RecheckInterval) + (Trips * seen.RoundTrip) : null,
            RecoveryTimeAtMost = refusal == FailoverRefusal.None ? Longest(policy, seen, heir!) : null,
        };
    }

    /// <summary>What becomes of a session that requires a position of this shard.</summary>
    /// <param name="policy">The group.</param>
    /// <param name="lost">The region.</param>
    /// <param name="seen">What is known.</param>
    /// <param name="history">The history that the position is of.</param>
    /// <param name="required">The position.</param>
    public static SessionFate FateOf(FailoverPolicy policy, RegionId lost, DrillSight seen, HistoryId history, ulong required)
    {
        if (PromotionRules.Primary(seen.Sights) is not { Standing.History: { } log } primary)
        {
            return SessionFate.Blocked;
        }

        if (log.SharedWith(history) is not { } shared || required > shared)
        {
            return SessionFate.ToldOfLoss;
        }

        if (primary.Member.Region != lost)
        {
            return SessionFate.Unaffected;
        }

        var (left, choice) = Left(policy, lost, seen);
        return left.Any(sight => IsOf(sight, log) && sight.Standing!.Replayed >= required) ? SessionFate.Unaffected
            : (choice.Choice ?? Most(left, primary)) is not { } heir || heir.Standing!.Received >= required ? SessionFate.Blocked
            : SessionFate.ToldOfLoss;
    }

    /// <summary>What is left when the region is gone and everybody has noticed: nobody hears the primary any more.</summary>
    private static (IReadOnlyList<Sight> Left, PromotionChoice Choice) Left(FailoverPolicy policy, RegionId lost, DrillSight seen)
    {
        Sight[] left = [.. seen.Sights.Select(sight => sight.Member.Region == lost ? sight with { Standing = null } : sight)];
        Sight[] silent = [.. left.Select(static sight => sight.Standing is { IsPrimary: false } standby ? sight with { Standing = standby with { IsStreaming = false, SilentFor = null } } : sight)];
        var choice = PromotionRules.Choose(policy.Required == 0 ? policy with { AcceptLoss = true } : policy, silent, final: false);
        return (left, choice);
    }

    private static bool RuleDiffers(FailoverPolicy policy, Sight primary) =>
        policy.Required > 0 && !(primary.Standing!.Rule is { } rule && rule.Matches(policy.RuleOf(primary.Member.Name)));

    private static Sight? Most(IEnumerable<Sight> left, Sight primary) =>
        left.Where(sight => IsStandby(sight, primary) && sight.Standing!.Received is not null).OrderByDescending(static sight => sight.Standing!.Received).FirstOrDefault();

    private static bool IsStandby(Sight sight, Sight primary) => sight is { Member.Counts: true, Standing.IsPrimary: false } && IsOf(sight, primary.Standing!.History!);

    private static bool IsOf(Sight sight, LogHistory log) => sight.Standing?.History?.Id == log.Id;

    private static TimeSpan Longest(FailoverPolicy policy, DrillSight seen, Sight heir)
    {
        var replay = heir.Standing!.Replayed is { } replayed && seen.Samples.CurrentAt(replayed) is { } current ? seen.LookedAt - current : TimeSpan.Zero;
        var detection = policy.CheckInterval + (policy.FailuresToAct * (policy.CheckTimeout + policy.RecheckInterval));

        // Each look at what is gone may take its whole time once more.
        return detection + (3 * policy.CheckTimeout) + (Trips * seen.RoundTrip) + (replay > TimeSpan.Zero ? replay : TimeSpan.Zero) + Promotion;
    }
}

/// <summary>What becomes of a session, from good to bad.</summary>
internal enum SessionFate
{
    Unaffected = 0,
    Blocked = 1,
    ToldOfLoss = 2,
}
