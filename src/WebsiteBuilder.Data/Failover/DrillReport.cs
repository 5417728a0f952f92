namespace WebsiteBuilder.Data;

/// <summary>What would happen if a region went now, as <see cref="DataDrill"/> sees it. Immutable.</summary>
/// <param name="Region">The region.</param>
/// <param name="At">When it was looked at, by the client's clock.</param>
/// <param name="Shards">Each shard once, in the order of the settings.</param>
/// <param name="Sessions">What would become of the sessions that were asked about.</param>
public sealed record DrillReport(RegionId Region, DateTimeOffset At, IReadOnlyList<ShardDrill> Shards, SessionDrill Sessions)
{
    /// <summary>Whether every shard would go on by itself, with all that standbys had confirmed.</summary>
    public bool Survives => Shards.All(static shard => shard.Survives);
}

/// <summary>What would become of one shard. Immutable.</summary>
/// <param name="Shard">The shard's name in the settings.</param>
public sealed record ShardDrill(string Shard)
{
    /// <summary>Whether a primary is in sight, without which nothing can be told.</summary>
    public bool HasPrimary { get; init; }

    /// <summary>Whether the region holds the primary, so that somebody else has to be promoted.</summary>
    public bool LosesPrimary { get; init; }

    /// <summary>
    /// The endpoint that would be promoted, going by what standbys have received at the moment; of two that are level either may be. Without a coordinator, the one to promote.
    /// Null if there is no need to, or nobody to promote.
    /// </summary>
    public string? Promoted { get; init; }

    /// <summary>Why nobody would promote it: <see cref="FailoverRefusal.None"/> if a coordinator would, or if there is no need to.</summary>
    public FailoverRefusal Refusal { get; init; }

    /// <summary>
    /// Whether all that was acknowledged at <see cref="WriteDurability.RemoteWrite"/> or above is surely kept. Weaker writes may be lost in any case: <see cref="RecoveryPoint"/>.
    /// </summary>
    public bool KeepsConfirmedWrites { get; init; }

    /// <summary>Whether enough standbys would be left for writes that wait for them. If not, these stand still until nodes come back.</summary>
    public bool ConfirmsAfterwards { get; init; }

    /// <summary>
    /// The recovery point (RPO) of writes that wait for no standby: those acknowledged longer ago than this are kept, as the positions tell that were sampled. Zero if the region doesn't
    /// hold the primary; null if it is longer than the shard was watched, or if nobody is left: unknown is never zero.
    /// </summary>
    public TimeSpan? RecoveryPoint { get; init; }

    /// <summary>How many bytes of the primary's log whoever is promoted lacks.</summary>
    public ulong? LogAtRisk { get; init; }

    /// <summary>About how many commits that is, by how many there were while the shard was watched. Servers count late, so a short watch tells it roughly. Null for unknown.</summary>
    public long? WritesAtRisk { get; init; }

    /// <summary>
    /// The least time until writes are taken again (RTO): the checks that a coordinator makes before it believes that the primary is gone, and the trips that it needs. Zero if there is no need
    /// to promote; null if nobody promotes by himself.
    /// </summary>
    public TimeSpan? RecoveryTimeAtLeast { get; init; }

    /// <summary>
    /// The longest that it should take: if every check of a lost node waits for its whole timeout, and what is received has to be replayed first. A promotion itself counts with two seconds;
    /// a server that needs longer for its own work isn't foreseen.
    /// </summary>
    public TimeSpan? RecoveryTimeAtMost { get; init; }

    /// <summary>Whether the shard would go on by itself, keeps what standbys had confirmed, and confirms afterwards.</summary>
    public bool Survives => HasPrimary && KeepsConfirmedWrites && ConfirmsAfterwards && (!LosesPrimary || RecoveryTimeAtMost is not null);
}

/// <summary>What would become of sessions, by their tokens. Each is counted once, by the worst that befalls it.</summary>
/// <param name="Unaffected">Their reads go on at once: a node that is left has all that they require.</param>
/// <param name="Blocked">Their reads wait until somebody who is left has replayed what they require, or until somebody is promoted.</param>
/// <param name="ToldOfLoss">They require what would be lost, and get a <see cref="SessionHistoryLostException"/>.</param>
public sealed record SessionDrill(int Unaffected, int Blocked, int ToldOfLoss);
