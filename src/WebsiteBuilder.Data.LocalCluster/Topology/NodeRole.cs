namespace WebsiteBuilder.Data.Clusters;

/// <summary>What a node was when its cluster started.</summary>
public enum NodeRole
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>The node that takes writes.</summary>
    Primary = 1,

    /// <summary>A node that streams the primary's log and answers reads.</summary>
    Replica = 2,
}
