namespace WebsiteBuilder.Data.Clusters;

/// <summary>Collects the clusters of a <see cref="ClusterTopology"/>.</summary>
public sealed class ClusterTopologyBuilder
{
    /// <summary>The most replicas of one cluster.</summary>
    public const int MaxReplicas = 16;

    private const int MaxNameLength = 16;

    internal ClusterTopologyBuilder()
    {
    }

    internal List<ClusterDefinition> Clusters { get; } = [];

    /// <summary>Adds a cluster.</summary>
    /// <param name="name">1 to 16 characters of a-z, 0-9 and '-', starting with a letter; unique in the topology.</param>
    /// <param name="primary">The primary's region, as <see cref="RegionId.Parse(string)"/> takes it.</param>
    /// <param name="replicas">The replicas' regions, at most <see cref="MaxReplicas"/>; a region may occur more than once.</param>
    /// <exception cref="ArgumentException">The name is malformed or taken, or there are too many replicas.</exception>
    /// <exception cref="FormatException">A region's name is malformed.</exception>
    public ClusterTopologyBuilder Cluster(string name, string primary, IReadOnlyList<string>? replicas = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxNameLength || !char.IsAsciiLetterLower(name[0])
            || !name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character == '-'))
        {
            throw new ArgumentException($"'{name}' is no cluster name: 1 to {MaxNameLength} characters of a-z, 0-9 and '-', starting with a letter.", nameof(name));
        }

        if (replicas?.Count > MaxReplicas)
            throw new ArgumentException($"A cluster has at most {MaxReplicas} replicas.", nameof(replicas));

        var definition = new ClusterDefinition(name, RegionId.Parse(primary), [.. (replicas ?? []).Select(RegionId.Parse)]);
        // Names of nodes are the names of their slots and directories, too: "a" in region "b-c" must not meet "a-b" in "c".
        var taken = Clusters.SelectMany(cluster => cluster.Nodes()).Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        if (Clusters.Exists(cluster => cluster.Name == name) || definition.Nodes().Any(node => !taken.Add(node.Name)))
            throw new ArgumentException($"The topology has a cluster '{name}', or nodes of these names, already.", nameof(name));

        Clusters.Add(definition);
        return this;
    }
}
