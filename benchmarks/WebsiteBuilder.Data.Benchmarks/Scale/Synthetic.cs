using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>Shards that exist on paper only.</summary>
internal static class Synthetic
{
    private const int Nodes = 10;
    private static readonly string[] Regions = ["us-east-1", "eu-west-1", "ap-southeast-1"];

    public static ShardDefinition Shard(int number) => new(
        new ShardId(StoreKind.PostgreSql, number),
        $"shard-{number}",
        [Territory.Parse($"territory-{number}")],
        [.. Enumerable.Range(0, Nodes).Select(static i => new EndpointDefinition(i, $"node-{i}", RegionId.Parse(Regions[i % Regions.Length])))]);
}
