using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>What is foretold of a region's loss, held against what comes when it is lost.</summary>
public sealed class DrillTests(ITestOutputHelper output)
{
    private static readonly RegionId Dublin = RegionId.Parse("eu-west-1");
    private static readonly RegionId Virginia = RegionId.Parse("us-east-1");

    [Fact]
    public async Task A_shard_that_is_spread_over_enough_regions_survives_as_foretold()
    {
        await using var tier = await CoordinatedTier.StartAsync(2, "eu-west-1", "eu-central-1", "eu-west-3", "eu-north-1");
        await using var client = await tier.Tier.ClientAsync("us-east-1");
        var session = client.OpenSession();
        await session.Repository<Note, long>().InsertAsync(new Note(1, "kept"), new WriteOptions { Durability = WriteDurability.RemoteApply });

        var drill = await tier.Tier.Local.DrillAsync(Virginia, Dublin, TimeSpan.FromSeconds(1), [session.Token]);

        Tell(drill);
        var foretold = Assert.Single(drill.Foretold.Shards);
        Assert.True(foretold.LosesPrimary && foretold.Survives && drill.Foretold.Survives);
        Assert.Equal((1, 0), (drill.Foretold.Sessions.Unaffected + drill.Foretold.Sessions.Blocked, drill.Foretold.Sessions.ToldOfLoss));
        Assert.Empty(drill.Differences);
        var came = Assert.Single(drill.Shards);
        Assert.Equal(0, came.LostConfirmed);
        Assert.InRange(came.Acknowledged, 100, int.MaxValue);
        Assert.NotEqual(Dublin, tier.Shard.Primary.Region);
        Assert.Equal("kept", (await session.Repository<Note, long>().FindAsync(1)).Value?.Text);
    }

    [Fact]
    public async Task A_shard_whose_acknowledgements_one_region_holds_alone_stands_still_as_foretold()
    {
        await using var tier = await CoordinatedTier.StartAsync(1, "eu-west-1", "eu-central-1");

        var drill = await tier.Tier.Local.DrillAsync(Virginia, Dublin, TimeSpan.FromSeconds(1));

        Tell(drill);
        var foretold = Assert.Single(drill.Foretold.Shards);
        Assert.Equal(FailoverRefusal.TooFewStandbys, foretold.Refusal);
        Assert.False(foretold.Survives || foretold.KeepsConfirmedWrites);
        Assert.Empty(drill.Differences);
        Assert.Null(Assert.Single(drill.Shards).Promoted);
        Assert.Same(tier.First, tier.Shard.Primary);
    }

    [Fact]
    public async Task A_standby_that_lags_is_foretold_to_lose_what_only_the_primary_has()
    {
        await using var tier = await LiveTier.StartAsync("eu-west-1", "eu-central-1");
        await using var client = await tier.ClientAsync("us-east-1");
        var (kept, lost) = (client.OpenSession(), client.OpenSession());
        await kept.Repository<Note, long>().InsertAsync(new Note(1, "kept"));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), tier.Replica("eu-central-1").DirectConnectionString()));
        tier.Local.ReplicationLink(tier.Replica("eu-central-1")).Hang();
        await lost.Repository<Note, long>().InsertAsync(new Note(2, "lost"));
        await using var drill = DataDrill.Create(tier.Local.CreateDataOptions(Virginia));

        var report = await drill.PredictAsync(Dublin, TimeSpan.FromMilliseconds(300), [kept.Token, lost.Token]);

        var shard = Assert.Single(report.Shards);
        Assert.Equal((true, FailoverRefusal.NotAutomatic), (shard.LosesPrimary, shard.Refusal));
        Assert.Equal("shard-eu-central-1", shard.Promoted);
        Assert.True(shard.LogAtRisk > 0);
        Assert.True(shard.RecoveryPoint is null || shard.RecoveryPoint > TimeSpan.Zero, $"{shard.RecoveryPoint}");
        Assert.Equal(new SessionDrill(1, 0, 1), report.Sessions);
        Assert.Equal(TimeSpan.Zero, Assert.Single((await drill.PredictAsync(RegionId.Parse("eu-central-1"), TimeSpan.FromMilliseconds(100))).Shards).RecoveryPoint);
    }

    private void Tell(DrillOutcome drill)
    {
        foreach (var (foretold, came) in drill.Foretold.Shards.Zip(drill.Shards))
        {
            output.WriteLine($"foretold: {foretold}\ncame: {came}");
        }
    }
}
