using System.Diagnostics;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>How often the servers are asked, counted by what the driver says of itself.</summary>
public sealed class RoundTripTests
{
    [Fact]
    public async Task Many_keys_of_many_territories_cost_one_round_trip_for_each_shard()
    {
        await using var local = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("home", "us-east-1", []).Cluster("abroad", "eu-west-1", [])),
            new LocalClusterOptions { LatencyScale = 0, InstallMissingServers = true });
        var options = local.CreateDataOptions(RegionId.Parse("us-east-1"));
        await DataClient.MigrateAsync(options);
        foreach (var shard in local.Clusters)
        {
            await Sql.ExecuteAsync(shard.Primary.DirectConnectionString(), SampleMap.CreateTable);
        }

        string[][] territories = [["home", "home-2", "home-3"], ["abroad", "abroad-2"]];
        foreach (var (shard, names) in options.Shards.Zip(territories))
        {
            shard.Territories.Clear();
            Array.ForEach(names, shard.Territories.Add);
        }

        await using var client = DataClient.Create(options, static entities => entities.Add(SampleMap.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var samples = client.OpenSession().Repository<Sample, SampleKey>();
        var all = territories.SelectMany(static names => names)
            .Select(static (name, i) => new Sample { Key = new SampleKey(Territory.Parse(name), i, Guid.NewGuid()) }).ToArray();
        foreach (var sample in all)
        {
            await samples.InsertAsync(sample);
        }

        var asked = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Npgsql",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TagObjects.Any(static tag => tag.Value is string text && text.Contains("samples", StringComparison.Ordinal)))
                {
                    Interlocked.Increment(ref asked);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var found = await samples.FindManyAsync([.. all.Select(static sample => sample.Key)]);

        Assert.Equal(all.Select(static sample => sample.Key).ToHashSet(), found.Value.Select(static sample => sample.Key).ToHashSet());
        Assert.Equal(2, asked);
    }
}
