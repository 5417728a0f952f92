namespace WebsiteBuilder.Data.Clusters;

/// <summary>Which way bytes travel on a <see cref="NetworkLink"/>. On a replication link the upstream is the server.</summary>
public enum LinkDirection
{
    /// <summary>Both ways.</summary>
    Both = 0,

    /// <summary>From the client, or the replica, to the server.</summary>
    ToServer = 1,

    /// <summary>From the server to the client, or the replica.</summary>
    ToClient = 2,
}
