namespace WebsiteBuilder.Data;

/// <summary>What a read promises. Every level but <see cref="Eventual"/> is checked against log positions, never guessed from time.</summary>
public enum ConsistencyLevel
{
    /// <summary>Not said: the entity's policy decides, then the client's default.</summary>
    Unspecified = 0,

    /// <summary>
    /// Any node may answer, healthy ones first; one that is known to be on another history may not. The answer says how old it may be, if
    /// that can be said. The session neither decides such a read nor learns from it.
    /// </summary>
    Eventual = 1,

    /// <summary>
    /// Read-your-writes, monotonic reads, monotonic writes and writes-follow-reads within one session, also across processes that
    /// hand the session's token on. Says nothing about other sessions' writes, nor about writes whose outcome the session wasn't told.
    /// </summary>
    Session = 2,

    /// <summary>
    /// Everything that was acknowledged at least <see cref="ReadOptions.MaxStaleness"/> ago is seen. The bound is proven by samples of
    /// the primary's log, so a replica that is cut off or paused doesn't pass as fresh. Writes at <see cref="WriteDurability.Off"/>
    /// are not counted as acknowledged. The primary is the one that this client knows: on the wrong side of a partition, what a new
    /// primary acknowledged elsewhere is missed until this client hears of it. Keeps the promises of <see cref="Session"/> as well.
    /// </summary>
    BoundedStaleness = 3,

    /// <summary>
    /// A <em>primary read</em>: answered by the node that is primary of the shard's current history, verified in the same round trip.
    /// Not linearizable by itself: an isolated old primary whose demotion nobody here has seen can still serve old rows;
    /// <see cref="StrongReadBarrier.Quorum"/> excludes that. Keeps the promises of <see cref="Session"/> as well.
    /// </summary>
    Strong = 4,
}

/// <summary>What a <see cref="ConsistencyLevel.Strong"/> read does against an isolated old primary.</summary>
public enum StrongReadBarrier
{
    /// <summary>Not said: the entity's policy decides; without one, <see cref="None"/>.</summary>
    Unspecified = 0,

    /// <summary>Nothing: a primary read.</summary>
    None = 1,

    /// <summary>
    /// The primary that has answered then commits a tiny transaction that its synchronous standbys must confirm, and the answer is given
    /// only if they do. That makes the read linearizable with all writes at <see cref="WriteDurability.RemoteFlush"/> or above, provided
    /// that a promotion takes the standbys away from the old primary first, and keeps what their quorum has confirmed. What it shows is as durable as such
    /// a write. Costs a second round trip and the standbys' confirmation, and a few dozen bytes of log; fails where the server has no synchronous standbys.
    /// </summary>
    Quorum = 2,
}

/// <summary>
/// Where an acknowledged write has been made durable. Each value includes the ones before it. Asking for more than the server is set up
/// for is no error: <see cref="WriteResult.Reached"/> says what was reached.
/// </summary>
public enum WriteDurability
{
    /// <summary>Not said: the entity's policy decides, then the client's default, <see cref="RemoteFlush"/>.</summary>
    Unspecified = 0,

    /// <summary>
    /// Acknowledged before it is on any disk. A crash of the primary may lose it, and such a loss can't be detected: the log positions
    /// are used again on the same timeline.
    /// </summary>
    Off = 1,

    /// <summary>On the primary's disk.</summary>
    Local = 2,

    /// <summary>Also received by the synchronous standbys' operating systems.</summary>
    RemoteWrite = 3,

    /// <summary>Also on the disks of the synchronous standbys: PostgreSQL's <c>synchronous_commit = on</c>.</summary>
    RemoteFlush = 4,

    /// <summary>Also visible to reads on the synchronous standbys.</summary>
    RemoteApply = 5,
}

/// <summary>The layer that an answer came from.</summary>
public enum AnswerSource
{
    /// <summary>Not known.</summary>
    Unspecified = 0,

    /// <summary>The cache of this process. Not given by this version.</summary>
    L1 = 1,

    /// <summary>The cache shared by the region. Not given by this version.</summary>
    L2 = 2,

    /// <summary>A replica.</summary>
    Replica = 3,

    /// <summary>The primary.</summary>
    Primary = 4,
}

/// <summary>Why this node answered. Flags, so that an answer explains itself without allocating; <c>ToString</c> reads well.</summary>
[Flags]
public enum RouteReason
{
    /// <summary>Nothing to say.</summary>
    None = 0,

    /// <summary>The node was among the nearest that may answer (by measured round trip).</summary>
    Nearest = 1,

    /// <summary>The node runs in the local region.</summary>
    LocalRegion = 2,

    /// <summary>The level allows the primary only.</summary>
    PrimaryRequired = 4,

    /// <summary>The caller asked for this region.</summary>
    RegionRequested = 8,

    /// <summary>The node proved that it has the position that the session requires.</summary>
    PositionProven = 16,

    /// <summary>The read waited for a node to catch up because that was expected to be faster than going elsewhere.</summary>
    Waited = 32,

    /// <summary>A node that was asked earlier couldn't prove the required position or bound.</summary>
    OtherBehind = 64,

    /// <summary>A node that was asked earlier failed.</summary>
    OtherFailed = 128,

    /// <summary>No sample of the primary proves the bound; the caller allowed stale answers.</summary>
    ServedStale = 256,

    /// <summary>No node that was left to ask was known to be healthy; this one was tried anyway.</summary>
    NoneHealthy = 512,

    /// <summary>The node has the labels that were asked for, or those that come next where no other node could be asked.</summary>
    LabelsMatched = 1024,

    /// <summary>A node that would have been asked first, or as soon, is out of rotation: it failed, or said nothing while it was waited for, and hasn't been well for long enough since.</summary>
    OtherOutOfRotation = 2048,

    /// <summary>A node that would have been asked first, or as soon, is set aside for some time, because its answers take much longer than its peers'.</summary>
    OtherSetAside = 4096,
}
