namespace WebsiteBuilder.Data.Clusters;

/// <summary>Which PostgreSQL clusters to run, and in which regions their nodes are. Immutable.</summary>
public sealed class ClusterTopology
{
    private ClusterTopology(IReadOnlyList<ClusterDefinition> clusters) => Clusters = clusters;

    /// <summary>
    /// The sixteen nodes of the product's reference topology: americas (primary us-east-1; replicas us-east-1, us-west-2, ca-central-1,
    /// sa-east-1), emea (eu-west-1; eu-west-1, eu-central-1, eu-west-3), apac (ap-southeast-1; ap-southeast-1, ap-northeast-1, ap-south-1)
    /// and global (us-east-1; eu-west-1, ap-southeast-1).
    /// </summary>
    public static ClusterTopology Seeds { get; } = Create(topology => topology
        .Cluster("americas", primary: "us-east-1", replicas: ["us-east-1", "us-west-2", "ca-central-1", "sa-east-1"])
        .Cluster("emea", primary: "eu-west-1", replicas: ["eu-west-1", "eu-central-1", "eu-west-3"])
        .Cluster("apac", primary: "ap-southeast-1", replicas: ["ap-southeast-1", "ap-northeast-1", "ap-south-1"])
        .Cluster("global", primary: "us-east-1", replicas: ["eu-west-1", "ap-southeast-1"]));

    /// <summary>No PostgreSQL at all, for a <see cref="LocalCluster"/> of other servers only.</summary>
    public static ClusterTopology None { get; } = new([]);

    /// <summary>The clusters, in the order in which they were added.</summary>
    public IReadOnlyList<ClusterDefinition> Clusters { get; }

    /// <summary>Builds a topology: <c>ClusterTopology.Create(b => b.Cluster("americas", primary: "us-east-1", replicas: ["us-west-2"]))</c>.</summary>
    /// <exception cref="ArgumentException">No cluster was added, or one that <see cref="ClusterTopologyBuilder.Cluster"/> refuses.</exception>
    public static ClusterTopology Create(Action<ClusterTopologyBuilder> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        var builder = new ClusterTopologyBuilder();
        build(builder);
        return builder.Clusters.Count == 0
            ? throw new ArgumentException("A topology needs a cluster.", nameof(build))
            : new ClusterTopology([.. builder.Clusters]);
    }
}
