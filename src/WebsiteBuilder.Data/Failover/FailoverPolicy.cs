using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Failover;

/// <summary>One node of a shard as a coordinator knows it. Immutable.</summary>
/// <param name="Name">Its configured name.</param>
/// <param name="Region">Where it is.</param>
/// <param name="StandbyName">What primaries know it by: its <c>application_name</c>, and its slot.</param>
/// <param name="Connection">How standbys reach it; empty if only the operator knows.</param>
/// <param name="Counts">Whether commits may be acknowledged by it; only such nodes are promoted.</param>
internal sealed record Member(string Name, RegionId Region, string StandbyName, string Connection, bool Counts);

/// <summary>What a coordinator goes by. Immutable.</summary>
internal sealed record FailoverPolicy(string Shard, IReadOnlyList<Member> Members, int Required)
{
    public TimeSpan CheckInterval { get; init; }

    public TimeSpan RecheckInterval { get; init; }

    public TimeSpan CheckTimeout { get; init; }

    public int FailuresToAct { get; init; }

    public int SuccessesToReturn { get; init; }

    public TimeSpan LeaseTime { get; init; }

    public bool AutoPromote { get; init; }

    public bool AcceptLoss { get; init; }

    public bool AutoRejoin { get; init; }

    public TimeSpan PromotionTimeout { get; init; }

    public int ReconnectionTries { get; init; }

    public TimeSpan ReconnectionDelay { get; init; }

    public TriggerTable Triggers { get; init; } = TriggerTable.Default;

    /// <summary>How long the primary must have been out of sight.</summary>
    public TimeSpan FailureWindow => RecheckInterval * FailuresToAct;

    /// <summary>
    /// How many of the standbys must be held and detached: so many that every acknowledged write is with one of them, and that two coordinators can't
    /// both have as many.
    /// </summary>
    public int Needed => Math.Max(Standbys - Required + 1, (Standbys / 2) + 1);

    /// <summary>How many standbys count for any primary of the group.</summary>
    public int Standbys => Members.Count(static member => member.Counts) - 1;

    /// <summary>Whom a primary waits for.</summary>
    public AcknowledgementRule RuleOf(string primary) =>
        new(Required, [.. Members.Where(member => member.Counts && member.Name != primary).Select(static member => member.StandbyName)]);

    public Member Of(string name) => Members.First(member => member.Name == name);
}
