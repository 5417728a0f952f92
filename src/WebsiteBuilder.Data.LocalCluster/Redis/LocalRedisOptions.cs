namespace WebsiteBuilder.Data.Clusters;

/// <summary>Which Redis servers a <see cref="LocalCluster"/> runs besides PostgreSQL. By default none, which costs nothing.</summary>
public sealed class LocalRedisOptions
{
    /// <summary>A primary and a replica of its own for each of these regions. Default: none.</summary>
    public IList<RegionId> Regions { get; } = [];

    /// <summary>Whether to run a Redis Cluster: three primaries, each with a replica. It takes about 2 s to agree with itself. Default: false.</summary>
    public bool Cluster { get; set; }

    /// <summary>
    /// Whether to run three Sentinels that watch a primary and a replica of their own, by the name <c>mymaster</c>: down after 0.5 s, quorum 2.
    /// Default: false.
    /// </summary>
    public bool Sentinels { get; set; }

    /// <summary>
    /// A certificate with its key, as PEM files that every account can read: then the regions' servers listen with TLS too
    /// (<see cref="LocalRedisNode.TlsPort"/>). Default: null for both.
    /// </summary>
    public string? TlsCertificateFile { get; set; }

    /// <inheritdoc cref="TlsCertificateFile"/>
    public string? TlsKeyFile { get; set; }

    internal bool IsWanted => Regions.Count > 0 || Cluster || Sentinels;
}
