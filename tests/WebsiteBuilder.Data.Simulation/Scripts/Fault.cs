using System.Globalization;

namespace WebsiteBuilder.Data.Simulation.Scripts;

/// <summary>What goes wrong in a world. Most faults end after a while; what a fault can't do at its time, it leaves.</summary>
internal enum FaultKind
{
    /// <summary>A server stops at once, and starts again at the end.</summary>
    Kill = 1,

    /// <summary>A server accepts and says nothing.</summary>
    Hang,

    /// <summary>A server takes longer for each answer.</summary>
    Slow,

    /// <summary>A replica's log records arrive later.</summary>
    Lag,

    /// <summary>A replica receives and doesn't replay.</summary>
    PauseReplay,

    /// <summary>A replica receives nothing.</summary>
    StopReceiving,

    /// <summary>A replica shows rows whose record it doesn't report yet.</summary>
    HoldReplayPosition,

    /// <summary>All replicas stand still, and one of them shows the next row before it reports it.</summary>
    ShowEarly,

    /// <summary>A node fails some operations in one of the ways that stores fail.</summary>
    StoreError,

    /// <summary>A node refuses some reads themselves, as if they were wrong.</summary>
    Refuse,

    /// <summary>Most of those who read meanwhile leave soon, all after the same time.</summary>
    Impatience,

    /// <summary>An operator cancels the commits that wait for standbys at the primary: they stand, and aren't replicated.</summary>
    CancelWaits,

    /// <summary>A node does often what servers do rarely.</summary>
    RareEvents,

    /// <summary>A planned change of the primary, without loss.</summary>
    SwitchOver,

    /// <summary>The primary dies and a replica is promoted with what it has; the old one comes back later as a replica.</summary>
    PromoteAfterDeath,

    /// <summary>A replica is promoted while the old primary goes on, for a while, as a primary that it isn't any more.</summary>
    PromoteBesideOld,

    /// <summary>Two replicas are promoted, each by somebody else; later one of them yields.</summary>
    Twins,

    /// <summary>A coordinator takes the standbys away from the primary and promotes one that has all that a quorum confirmed.</summary>
    PromoteSafely,

    /// <summary>A replica is promoted that lacks what standbys had confirmed; that is undone later, by the promotion of one that has it.</summary>
    PromoteLacking,

    /// <summary>The primary dies, and a replica is promoted that one region can't reach; the old primary comes back as one, and that region can reach it.</summary>
    PromoteHidden,

    /// <summary>A replica is promoted beside an old primary, and the others replay the name of the new history and nothing after it.</summary>
    PromoteStill,

    /// <summary>The primary of the moment stops at once, and starts again at the end as what it was.</summary>
    KillPrimary,

    /// <summary>A coordinator stands still: whatever it was about to do, it does when it goes on.</summary>
    PauseCoordinator,

    /// <summary>Messages of one region to another one wait.</summary>
    CutOneWay,

    /// <summary>Messages between two regions wait.</summary>
    Cut,

    /// <summary>Messages from and to a region wait.</summary>
    IsolateRegion,

    /// <summary>Messages between two regions vanish now and then.</summary>
    Lose,

    /// <summary>Connections between two regions are reset now and then.</summary>
    Reset,

    /// <summary>Messages between two regions arrive twice now and then.</summary>
    Duplicate,

    /// <summary>Messages between two regions overtake each other.</summary>
    Reorder,

    /// <summary>The wall clock jumps.</summary>
    JumpClock,

    /// <summary>A server hangs and goes on, again and again.</summary>
    Flap,

    /// <summary>A server takes longer for each read, and for nothing else.</summary>
    SlowReads,
}

/// <summary>One fault, with everything that was drawn for it.</summary>
internal sealed record Fault
{
    /// <summary>Unique in its script.</summary>
    public required int Number { get; init; }

    public required FaultKind Kind { get; init; }

    public TimeSpan At { get; init; }

    public TimeSpan Lasts { get; init; }

    public int Shard { get; init; }

    /// <summary>The node's index in its shard. Where a fault needs a replica or the primary, the nearest one counting from here.</summary>
    public int Node { get; init; }

    /// <summary>Another node, for faults that take two.</summary>
    public int Other { get; init; }

    /// <summary>The index of a region.</summary>
    public int From { get; init; }

    public int To { get; init; }

    /// <summary>How much, from 0 to 1.</summary>
    public double Amount { get; init; }

    public override string ToString() =>
        $"{Kind} #{Number} from {Seconds(At)} to {Seconds(At + Lasts)} (shard {Shard}, node {Node}, other {Other}, regions {From} and {To}, {Amount.ToString("0.00", CultureInfo.InvariantCulture)})";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture) + " s";
}
