using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Clusters;

public sealed class TopologyTests
{
    private static readonly RegionId East = RegionId.Parse("us-east-1");

    [Fact]
    public void The_latency_table_knows_nineteen_regions_and_is_symmetric()
    {
        Assert.Equal(19, WanLatency.Regions.Count);
        foreach (var a in WanLatency.Regions)
        {
            foreach (var b in WanLatency.Regions)
            {
                Assert.Equal(WanLatency.Between(a, b), WanLatency.Between(b, a));
                Assert.InRange(WanLatency.Between(a, b).Average.TotalMilliseconds, a == b ? 0.05 : 1, a == b ? 1 : 500);
            }
        }
    }

    [Theory]
    [InlineData("ap-southeast-2", "af-south-1", 412.888, 0.782)]
    [InlineData("us-east-1", "ap-east-1", 213.175, 2.169)]
    [InlineData("me-south-1", "ap-south-1", 34.663, 0.203)]
    public void The_latency_table_has_the_published_figures(string from, string to, double average, double deviation)
    {
        var trip = WanLatency.Between(RegionId.Parse(to), RegionId.Parse(from));

        Assert.Equal(average, trip.Average.TotalMilliseconds, tolerance: 0.0005);
        Assert.Equal(deviation, trip.Deviation.TotalMilliseconds, tolerance: 0.0005);
    }

    [Fact]
    public void An_unknown_region_is_named()
    {
        Assert.False(WanLatency.TryGet(East, RegionId.Parse("moon-1"), out _));
        var error = Assert.Throws<ArgumentException>(() => WanLatency.Between(East, RegionId.Parse("moon-1")));
        Assert.Contains("moon-1", error.Message, StringComparison.Ordinal);
        Assert.Equal("to", error.ParamName);
    }

    [Fact]
    public void A_topology_refuses_names_that_servers_could_not_bear()
    {
        Assert.Throws<ArgumentException>(() => ClusterTopology.Create(_ => { }));
        foreach (var name in (string[])["", "Americas", "1st", "a_b", "seventeen-letters"])
            Assert.ThrowsAny<ArgumentException>(() => ClusterTopology.Create(b => b.Cluster(name, "us-east-1")));
        Assert.Throws<FormatException>(() => ClusterTopology.Create(b => b.Cluster("a", "nowhere at all")));
        Assert.Throws<ArgumentException>(() => ClusterTopology.Create(b => b.Cluster("a", "us-east-1").Cluster("a", "us-west-2")));
    }

    [Fact]
    public void A_topology_refuses_two_nodes_of_one_name() =>
        Assert.Throws<ArgumentException>(() => ClusterTopology.Create(b => b.Cluster("a", "b-c").Cluster("a-b", "c")));

    [Fact]
    public async Task Options_out_of_range_are_refused()
    {
        LocalClusterOptions[] wrong =
        [
            new() { LatencyScale = -0.1 },
            new() { LatencyScale = 10.1 },
            new() { LatencyScale = double.NaN },
            new() { UnknownRoundTrip = TimeSpan.FromSeconds(11) },
            new() { StepTimeout = TimeSpan.Zero },
            new() { BaseDirectory = "/does/not/exist" },
            new() { PostgresBinDirectory = "" },
        ];
        foreach (var options in wrong)
            await Assert.ThrowsAnyAsync<ArgumentException>(() => LocalCluster.StartAsync(ClusterTopology.Seeds, options));
    }
}
