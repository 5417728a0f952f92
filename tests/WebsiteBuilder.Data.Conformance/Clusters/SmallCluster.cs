using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

/// <summary>
/// One cluster that live tests share: americas, with its primary in us-east-1 and replicas in us-east-1, us-west-2 and sa-east-1.
/// Tests that change roles start a cluster of their own, or put everything back.
/// </summary>
public sealed class SmallCluster : IAsyncLifetime
{
    /// <summary>The name for <see cref="CollectionAttribute"/>.</summary>
    public const string Collection = "small cluster";

    public static RegionId East { get; } = RegionId.Parse("us-east-1");

    public static RegionId West { get; } = RegionId.Parse("us-west-2");

    public static RegionId South { get; } = RegionId.Parse("sa-east-1");

    public LocalCluster Local { get; private set; } = null!;

    public PostgresCluster Americas => Local["americas"];

    public LocalNode Primary => Local.Node("americas-us-east-1-primary");

    public LocalNode NearReplica => Local.Node("americas-us-east-1");

    public LocalNode WestReplica => Local.Node("americas-us-west-2");

    public LocalNode SouthReplica => Local.Node("americas-sa-east-1");

    public async Task InitializeAsync() => Local = await LocalCluster.StartAsync(
        ClusterTopology.Create(topology => topology.Cluster("americas", primary: "us-east-1", replicas: ["us-east-1", "us-west-2", "sa-east-1"])),
        new LocalClusterOptions { InstallMissingServers = true });

    public async Task DisposeAsync() => await Local.DisposeAsync();
}

/// <summary>Binds the name to the fixture.</summary>
[CollectionDefinition(SmallCluster.Collection)]
public sealed class SmallClusterDefinition : ICollectionFixture<SmallCluster>;
