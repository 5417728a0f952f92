using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Topology;

/// <summary>
/// What a node last said of itself. A node that stops answering keeps its claim: being out of sight withdraws nothing.
/// </summary>
internal sealed record NodeClaim(bool IsPrimary, HistoryId History, LogHistory? Log);

/// <summary>
/// Decides from all nodes' claims which history a shard is on and who its primary is. Pure.
/// </summary>
/// <remarks>
/// A claimed history is a <em>head</em> if no other claimed history continues it. A single head is followed if it has all that was
/// acknowledged at quorum durability in the history known so far. Nor is one a head whose nodes are all gone while somebody leads a log that may have grown from it. Several heads, or several primaries on one, stop writes: no client can know
/// which of two primaries is right. An older history's primary is superseded, whatever it claims.
/// </remarks>
internal static class TopologyRules
{
    /// <param name="known">What was decided before, and how the nodes are.</param>
    /// <param name="claims">What each node said last.</param>
    /// <param name="acknowledgedAtQuorum">What is known to be acknowledged at quorum durability.</param>
    /// <param name="speaker">Who has just spoken, and so is there, whatever its health; -1 for nobody.</param>
    public static ShardTopology Decide(ShardTopology known, IReadOnlyList<NodeClaim?> claims, ulong acknowledgedAtQuorum, int speaker = -1)
    {
        var heads = Heads(known, claims, speaker);
        var history = known.History;
        var state = ShardState.NoPrimary;
        if (heads.Count == 1)
        {
            if (MayFollow(known.History, heads[0], acknowledgedAtQuorum))
            {
                history = heads[0];
            }
            else
            {
                state = ShardState.HistoryRefused;
            }
        }
        else if (heads.Count > 1)
        {
            state = ShardState.TwinPrimaries;
        }
        else if (history is not null && claims.Any(claim => claim is { IsPrimary: true, Log: { } log } && log.CommonEnd(history) is null))
        {
            state = ShardState.HistoryRefused;
        }

        var primary = -1;
        var primaries = 0;
        for (var i = 0; i < claims.Count; i++)
        {
            if (history is not null && claims[i] is { IsPrimary: true } claim && claim.History == history.Id)
            {
                primary = i;
                primaries++;
            }
        }

        if (primaries > 1)
        {
            state = ShardState.TwinPrimaries;
        }

        if (state == ShardState.NoPrimary && primary >= 0)
        {
            state = ShardState.Writable;
        }

        return new ShardTopology(
            known.Definition, state, history, state == ShardState.Writable ? primary : -1, Roles(known, claims, history), known.Health)
            .WithProblems(known.Problems)
            .WithSetAside(known.SetAside);
    }

    private static List<LogHistory> Heads(ShardTopology known, IReadOnlyList<NodeClaim?> claims, int speaker)
    {
        var history = known.History;
        var primaries = claims.Where(static claim => claim is { IsPrimary: true, Log: not null }).ToArray();
        var logs = primaries.Select(static claim => claim!.Log!).ToList();
        if (!claims.Where((claim, i) => claim is { IsPrimary: true, Log: not null } && known.Health[i] != EndpointHealth.Unhealthy).Any())
        {
            // A replica's word counts only while no primary answers: it may follow a node that nobody else has seen.
            logs.AddRange(claims.Where(static claim => claim is { IsPrimary: false, Log: not null }).Select(static claim => claim!.Log!));
            if (history is not null && primaries.Length == 0)
            {
                logs.Add(history);
            }
        }

        var distinct = logs.DistinctBy(static log => log.Id).ToList();
        return [.. distinct.Where(log => !distinct.Exists(other => other.Continues(log) || IsOutlived(known, claims, speaker, log, other)) && !IsAbandoned(log, history))];
    }

    /// <summary>
    /// Whether a node leads a log that may have grown from this one, and nobody leads this one any more. Were it a twin's instead, what is known to be acknowledged would still have to be in it;
    /// without this, two promotions in quick succession would stop writes for as long as the first one's node stays away.
    /// </summary>
    private static bool IsOutlived(ShardTopology known, IReadOnlyList<NodeClaim?> claims, int speaker, LogHistory log, LogHistory other)
    {
        return other.MayContinue(log) && !IsLed(log) && IsLed(other);

        bool IsLed(LogHistory history) => claims
            .Where((claim, i) => claim is { IsPrimary: true } && claim.History == history.Id && (i == speaker || known.Health[i] != EndpointHealth.Unhealthy))
            .Any();
    }

    /// <summary>A branch with a lower number than the known history has been left behind; one with the same number is a twin.</summary>
    private static bool IsAbandoned(LogHistory log, LogHistory? known) =>
        known is not null && log.Id != known.Id && !log.Continues(known) && log.Timeline < known.Timeline;

    private static bool MayFollow(LogHistory? known, LogHistory head, ulong acknowledgedAtQuorum) =>
        known is null || head.Id == known.Id || (head.CommonEnd(known) is { } end && end >= acknowledgedAtQuorum);

    private static EndpointRole[] Roles(ShardTopology known, IReadOnlyList<NodeClaim?> claims, LogHistory? history)
    {
        var roles = new EndpointRole[claims.Count];
        for (var i = 0; i < roles.Length; i++)
        {
            roles[i] = claims[i] switch
            {
                null => EndpointRole.Unknown,
                { IsPrimary: true } claim => history is not null && claim.History == history.Id ? EndpointRole.Primary : EndpointRole.Superseded,
                { History.IsNone: true } => known.Roles[i] == EndpointRole.Primary ? EndpointRole.Replica : known.Roles[i],
                { } claim => history?.SharedWith(claim.History) is not null ? EndpointRole.Replica : EndpointRole.Superseded,
            };
        }

        return roles;
    }
}
