namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>The session guarantees of Terry et al., "Session Guarantees for Weakly Consistent Replicated Data" (1994).</summary>
public enum Guarantee
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>A read shows the session's own last write, or something newer.</summary>
    ReadYourWrites = 1,

    /// <summary>A read shows what the session's own last read showed, or something newer.</summary>
    MonotonicReads = 2,

    /// <summary>Whoever saw a later write of a session sees its earlier ones, and they are stored in that order.</summary>
    MonotonicWrites = 3,

    /// <summary>Whoever saw a write sees what its author had seen, at whatever remove, and the write is stored behind that.</summary>
    WritesFollowReads = 4,
}
