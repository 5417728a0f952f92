namespace WebsiteBuilder.Data;

/// <summary>What a <see cref="FailoverCoordinator"/> did, or decided not to do.</summary>
public enum FailoverStep
{
    /// <summary>Not set.</summary>
    Unspecified = 0,

    /// <summary>A trigger was raised, or is no longer: <see cref="FailoverRecord.Triggers"/> are those that are now.</summary>
    TriggersChanged = 1,

    /// <summary>Nobody was promoted; <see cref="FailoverRecord.Refusal"/> says why.</summary>
    Refused = 2,

    /// <summary>A dry run: <see cref="FailoverRecord.Node"/> would have been promoted. Nothing was changed.</summary>
    WouldPromote = 3,

    /// <summary>The votes of the standbys are held.</summary>
    LeaseTaken = 4,

    /// <summary>A standby was detached from the old primary.</summary>
    Detached = 5,

    /// <summary>A standby was chosen; <see cref="FailoverRecord.Position"/> is what it has received.</summary>
    Chosen = 6,

    /// <summary>A standby was promoted, and takes writes.</summary>
    Promoted = 7,

    /// <summary>A standby was attached to the primary.</summary>
    Attached = 8,

    /// <summary>A superseded primary was fenced.</summary>
    Fenced = 9,

    /// <summary>A node was rewound and follows the primary; <see cref="FailoverRecord.Position"/> is up to where it has kept its log.</summary>
    Rejoined = 10,

    /// <summary>A primary that was fenced, and is the only one on the newest history, takes writes again.</summary>
    Unfenced = 11,

    /// <summary>Something was tried and failed; it is tried again.</summary>
    Failed = 12,

    /// <summary>All tries to reach a node after a promotion failed: it is left to later health checks.</summary>
    GaveUp = 13,

    /// <summary>A standby was set up to wait for the right standbys, and to take writes, as soon as it is promoted.</summary>
    Prepared = 14,
}

/// <summary>One line of a coordinator's audit log, in the order in which things happened.</summary>
/// <param name="Shard">The shard's name.</param>
/// <param name="Step">What happened.</param>
/// <param name="Node">The endpoint that it happened to; empty for the shard as a whole.</param>
public sealed record FailoverRecord(string Shard, FailoverStep Step, string Node = "")
{
    /// <summary>When, by the coordinator's clock.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>Since this failover began; null outside of one.</summary>
    public TimeSpan? Elapsed { get; init; }

    /// <summary>Why nobody was promoted.</summary>
    public FailoverRefusal Refusal { get; init; }

    /// <summary>How many standbys counted, and how many were needed; null where that played no role.</summary>
    public (int Counted, int Needed)? Standbys { get; init; }

    /// <summary>The log position that it is about, as a number; null if there is none.</summary>
    public ulong? Position { get; init; }

    /// <summary>The triggers that are raised for the node.</summary>
    public IReadOnlyList<FailoverTrigger> Triggers { get; init; } = [];

    /// <summary>Whether acknowledged writes may have been lost, because the settings accept it.</summary>
    public bool MayHaveLost { get; init; }

    /// <summary>More, for people; without hosts, keys or values.</summary>
    public string Detail { get; init; } = "";
}
