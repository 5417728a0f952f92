using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Failover;

/// <summary>One member and what it said last; null if it can't be reached.</summary>
/// <param name="Member">Which one.</param>
/// <param name="Standing">What it said.</param>
internal sealed record Sight(Member Member, NodeStanding? Standing)
{
    /// <summary>Whether we held its vote when it said so, so that no other coordinator is at work on it.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Whether it was found detached when its vote was taken: some coordinator had begun something with it.</summary>
    public bool WasDetached { get; init; }

    /// <summary>How many of its triggers are beyond their limits.</summary>
    public int Alarms { get; init; }

    /// <summary>Whether it is a standby that we hold, so that nobody has promoted it and nobody will.</summary>
    public bool IsHeldStandby => IsHeld && Standing is { IsPrimary: false, History: not null };
}

/// <summary>Whom to promote, or why nobody.</summary>
/// <param name="Refusal">Why not.</param>
/// <param name="Choice">The one to promote, or null.</param>
/// <param name="Counted">The standbys whose positions were compared.</param>
internal sealed record PromotionChoice(FailoverRefusal Refusal, Sight? Choice, IReadOnlyList<Sight> Counted);

/// <summary>
/// When a standby may be promoted without losing what a quorum acknowledged, and when one may be attached to a primary again. Pure; the arguments are in
/// this room's README.
/// </summary>
internal static class PromotionRules
{
    /// <summary>Chooses among what is in sight. Positions are final only if the standbys are detached and held.</summary>
    /// <param name="policy">The group.</param>
    /// <param name="sights">Every member once.</param>
    /// <param name="final">Whether only standbys count that are held and detached: before, the answer says what would be.</param>
    public static PromotionChoice Choose(FailoverPolicy policy, IReadOnlyList<Sight> sights, bool final)
    {
        var standbys = sights.Where(static sight => sight is { Member.Counts: true, Standing: { IsPrimary: false, History: not null, Received: not null } }).ToArray();
        if (final)
        {
            standbys = [.. standbys.Where(static sight => sight is { IsHeld: true, Standing: { IsDetached: true, IsStreaming: false } })];
        }

        if (Newest(sights) is not { } newest)
        {
            return new PromotionChoice(
                sights.Any(static sight => sight.Standing?.History is not null) ? FailoverRefusal.Diverged : FailoverRefusal.TooFewStandbys, null, []);
        }

        if (sights.Any(sight => sight.Standing is { IsPrimary: true } primary && (primary.History is null || primary.History.Id == newest.Id)))
        {
            return new PromotionChoice(FailoverRefusal.PrimaryAnswers, null, []);
        }

        if (!final && sights.Any(sight => sight.Standing is { IsStreaming: true, SilentFor: { } silence } && silence < policy.FailureWindow))
        {
            return new PromotionChoice(FailoverRefusal.PrimaryIsHeard, null, []);
        }

        // One that is behind on an older history is a prefix of the newest, or not; it can't have acknowledged anything that was written there.
        Sight[] counted = [.. standbys.Where(sight => sight.Standing!.History!.Id == newest.Id)];
        if (counted.Length < (policy.AcceptLoss ? 1 : policy.Needed))
        {
            return new PromotionChoice(FailoverRefusal.TooFewStandbys, null, counted);
        }

        if (final && !policy.AcceptLoss && MayHaveBeenPromoted(policy, newest.Id, null, sights, static sight => sight.WasDetached))
        {
            return new PromotionChoice(FailoverRefusal.PromotionUnclear, null, counted);
        }

        // A stable order: of two that have received the same, the one that is in better shape, and then the one that stands first in the settings.
        return new PromotionChoice(
            FailoverRefusal.None, counted.OrderByDescending(static sight => sight.Standing!.Received!.Value).ThenBy(static sight => sight.Alarms).First(), counted);
    }

    /// <summary>The one history in sight that continues all others; null if there is none.</summary>
    public static LogHistory? Newest(IReadOnlyList<Sight> sights)
    {
        var logs = sights.Select(static sight => sight.Standing?.History).OfType<LogHistory>().DistinctBy(static log => log.Id).ToArray();
        var newest = logs.Where(log => Array.TrueForAll(logs, other => other.Id == log.Id || log.Continues(other))).ToArray();
        return newest.Length == 1 ? newest[0] : null;
    }

    /// <summary>The primary of the newest history in sight; null if there is none, or several.</summary>
    public static Sight? Primary(IReadOnlyList<Sight> sights)
    {
        if (Newest(sights) is not { } newest)
        {
            return null;
        }

        var primaries = sights.Where(sight => sight.Standing is { IsPrimary: true, History: { } log } && log.Id == newest.Id).ToArray();
        return primaries.Length == 1 ? primaries[0] : null;
    }

    /// <summary>
    /// Whether a standby may be attached to a primary. One that a coordinator had detached may have counted for a promotion that nobody in sight knows of. What
    /// is in sight must have been seen after the standby's own vote was taken.
    /// </summary>
    /// <param name="policy">The group.</param>
    /// <param name="primary">Whom to follow.</param>
    /// <param name="standby">Who is to follow.</param>
    /// <param name="sights">Every member once.</param>
    /// <param name="isOurs">Whether we have promoted that primary and have held the standby's vote since before: then only what was found detached may have counted for anybody else.</param>
    public static bool MayAttach(FailoverPolicy policy, Sight primary, Sight standby, IReadOnlyList<Sight> sights, bool isOurs = false) =>
        standby.IsHeldStandby
        && Primary(sights)?.Member == primary.Member
        && (!standby.Member.Counts || !standby.Standing!.IsDetached || !MayHaveBeenPromoted(policy, standby.Standing.History!.Id, primary, sights, sight => isOurs ? sight.WasDetached : sight.Standing!.IsDetached));

    /// <summary>
    /// Whether somebody may have been promoted from a history whom nobody in sight knows of. It took <see cref="FailoverPolicy.Needed"/> standbys that were
    /// detached on that history, and they still are; and it was one that we can't see, or don't hold: a promotion may be on its way there.
    /// </summary>
    /// <param name="policy">The group.</param>
    /// <param name="history">The history.</param>
    /// <param name="primary">The primary that somebody is to follow, if there is one.</param>
    /// <param name="sights">Every member once.</param>
    /// <param name="mayHaveCounted">Which of the standbys that we hold may have counted: before a promotion of our own, not those that we detached for it.</param>
    private static bool MayHaveBeenPromoted(
        FailoverPolicy policy, HistoryId history, Sight? primary, IReadOnlyList<Sight> sights, Func<Sight, bool> mayHaveCounted)
    {
        var unknown = 0;
        var detached = 0;
        var ownPrimaryIsKnown = false;
        foreach (var sight in sights.Where(static sight => sight.Member.Counts))
        {
            if (sight.Standing is { IsPrimary: true, History: not null })
            {
                ownPrimaryIsKnown |= sight.Standing.History.Id == history;
            }
            else if (sight.IsHeldStandby)
            {
                detached += mayHaveCounted(sight) && sight.Standing!.History!.Id == history ? 1 : 0;
            }
            else if (primary is null || !Follows(primary, sight))
            {
                unknown++;
            }
        }

        // The history had a primary of its own, which nobody promotes from it.
        unknown -= ownPrimaryIsKnown || unknown == 0 ? 0 : 1;
        return unknown > 0 && detached > 0 && unknown + detached >= policy.Needed;
    }

    /// <summary>Whether a standby streams from a primary, as both say.</summary>
    public static bool Follows(Sight primary, Sight standby) =>
        standby.Standing is { IsPrimary: false, IsStreaming: true }
        && primary.Standing!.Followers.Contains(standby.Member.StandbyName, StringComparer.Ordinal);

    /// <summary>What a node may need to follow a primary.</summary>
    public static Mend MendOf(Sight primary, Sight sight)
    {
        var log = primary.Standing!.History!;
        if (sight.Member == primary.Member || sight.Standing is not { History: { } own } standing || log.SharedWith(own.Id) is not { } shared)
        {
            return Mend.None;
        }

        if (standing.IsPrimary)
        {
            return own.Id == log.Id ? Mend.None : Mend.Rejoin;
        }

        if (Follows(primary, sight))
        {
            return Mend.None;
        }

        if (!(standing.Received <= shared))
        {
            return Mend.Rejoin;
        }

        // One that is set up to follow this history and doesn't just now, will by itself.
        return standing.IsDetached || own.Id != log.Id ? Mend.Attach : Mend.None;
    }
}

/// <summary>What brings a node back to its primary.</summary>
internal enum Mend
{
    None = 0,

    /// <summary>It is told where to stream from.</summary>
    Attach = 1,

    /// <summary>It has what the primary never had, and must be rewound.</summary>
    Rejoin = 2,
}
