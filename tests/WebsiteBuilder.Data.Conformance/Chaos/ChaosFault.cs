namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>What happens to a shard in the middle of a round.</summary>
public enum ChaosFault
{
    /// <summary>kill -9 of the primary while commits wait for their standbys, which have them.</summary>
    KillPrimary = 0,

    /// <summary>The same while they wait for standbys that have not got them: what is only on the primary's disk is lost.</summary>
    KillPrimaryAlone = 1,

    /// <summary>kill -9 of all nodes of the primary's region, while commits wait for their standbys.</summary>
    KillRegion = 2,

    /// <summary>kill -9 of a replica.</summary>
    KillReplica = 3,

    /// <summary>SIGSTOP of the primary; when it goes on, somebody else is primary.</summary>
    FreezePrimary = 4,

    /// <summary>SIGSTOP of a replica.</summary>
    FreezeReplica = 5,

    /// <summary>All links of the primary are cut, both ways.</summary>
    CutPrimary = 6,

    /// <summary>The primary is cut off from everything but the clients of its own region, which write on.</summary>
    SplitPrimary = 7,

    /// <summary>Nothing that clients of another region send gets to the primary; nothing is closed.</summary>
    SwallowRequests = 8,

    /// <summary>Nothing that the primary answers gets to clients of another region; nothing is closed.</summary>
    SwallowAnswers = 9,
}
