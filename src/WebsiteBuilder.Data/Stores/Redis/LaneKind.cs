namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>What a connection is for.</summary>
internal enum LaneKind
{
    /// <summary>Whatever doesn't wait at the server.</summary>
    Shared = 0,

    /// <summary>Reads of a cluster's replica, which must be asked to answer them.</summary>
    ReadOnly = 1,

    /// <summary>Writes, each with a wait for replicas behind it.</summary>
    Replicated = 2,

    /// <summary>One command that waits at the server, at a time.</summary>
    Blocking = 3,
}
