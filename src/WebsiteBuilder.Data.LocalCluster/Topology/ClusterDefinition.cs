namespace WebsiteBuilder.Data.Clusters;

/// <summary>One PostgreSQL cluster: a primary and its streaming replicas.</summary>
public sealed class ClusterDefinition
{
    internal ClusterDefinition(string name, RegionId primary, IReadOnlyList<RegionId> replicas)
    {
        Name = name;
        Primary = primary;
        Replicas = replicas;
    }

    /// <summary>The cluster's name, unique in its topology: 1 to 16 characters of a-z, 0-9 and '-', starting with a letter.</summary>
    public string Name { get; }

    /// <summary>Where the primary is.</summary>
    public RegionId Primary { get; }

    /// <summary>Where the replicas are, one entry per replica; a region may occur more than once.</summary>
    public IReadOnlyList<RegionId> Replicas { get; }

    /// <summary>
    /// The nodes' names, the primary's first: <c>americas-us-east-1-primary</c>, then <c>americas-us-west-2</c> and so on; a second
    /// replica in a region is <c>americas-us-west-2-2</c>.
    /// </summary>
    internal IEnumerable<(string Name, RegionId Region, NodeRole Role)> Nodes()
    {
        yield return ($"{Name}-{Primary}-primary", Primary, NodeRole.Primary);
        var seen = new Dictionary<RegionId, int>();
        foreach (var region in Replicas)
        {
            var number = seen[region] = seen.GetValueOrDefault(region) + 1;
            yield return (number == 1 ? $"{Name}-{region}" : $"{Name}-{region}-{number}", region, NodeRole.Replica);
        }
    }
}
