namespace WebsiteBuilder.Data.Topology;

/// <summary>One configured endpoint; its index is its place in the shard.</summary>
internal sealed record EndpointDefinition(int Index, string Name, RegionId Region)
{
    public const int MaxWeight = 100;

    /// <summary>Its share of the reads, relative to others; 0 for none while there is another.</summary>
    public int Weight { get; init; } = 1;

    public (string Name, string Value)[] Labels { get; init; } = [];
}

/// <summary>One configured shard. Never changes while the client lives.</summary>
internal sealed class ShardDefinition(ShardId id, string name, IReadOnlyList<Territory> territories, IReadOnlyList<EndpointDefinition> endpoints)
{
    /// <summary>Sets of endpoints are bit masks.</summary>
    public const int MaxEndpoints = 128;

    public ShardId Id { get; } = id;

    public string Name { get; } = name;

    public IReadOnlyList<Territory> Territories { get; } = territories;

    public EndpointDefinition[] Endpoints { get; } = [.. endpoints];

    public bool HasEndpointIn(RegionId region) => Array.Exists(Endpoints, endpoint => endpoint.Region == region);
}
