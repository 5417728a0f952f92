using System.Globalization;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Live;

/// <summary>Trouble of every day, which must not be taken for more than it is.</summary>
public class OrdinaryTroubleTests : LiveTests
{
    [Fact]
    public async Task Callers_that_give_up_on_a_locked_row_do_not_take_the_primary_out_of_rotation()
    {
        await using var tier = await StartAsync("us-east-1");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "locked"));
        await using var holder = await Sql.OpenAsync(tier.Primary.DirectConnectionString());
        await using var transaction = await holder.BeginTransactionAsync();
        await holder.ScalarAsync<object>("SELECT 1 FROM notes WHERE id = 1 FOR UPDATE");

        var waiting = Enumerable.Range(0, 5).Select(i => Assert.ThrowsAnyAsync<DataTierException>(
            () => notes.UpdateAsync(new Note(1, i.ToString(CultureInfo.InvariantCulture)), options: new WriteOptions { Timeout = TimeSpan.FromSeconds(5) })));

        // Abandoned; or, where the machine was too busy to answer that in time, unclear. Neither says anything against the primary.
        Assert.All(await Task.WhenAll(waiting), static ended => Assert.True(ended is DeadlineExceededException or AmbiguousWriteException, ended.GetType().Name));

        Assert.Equal(ShardState.Writable, client.Topology.Shards[0].State);
        Assert.Equal(tier.Primary.Region, (await notes.InsertAsync(new Note(2, "free"), new WriteOptions { Timeout = TimeSpan.FromSeconds(20) })).Region);
    }

    [Fact]
    public async Task A_replica_that_lets_nobody_in_is_passed_over()
    {
        await using var tier = await StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-west-2");
        var notes = client.OpenSession().Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "one"));
        var replica = tier.Replica("us-west-2");
        await File.WriteAllTextAsync(Path.Combine(await Sql.ScalarAsync<string>(replica.AdminConnectionString(), "SHOW data_directory") ?? "", "pg_hba.conf"), "");
        await Sql.ExecuteAsync(replica.AdminConnectionString(), "SELECT pg_reload_conf(), pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'wbd_app'");

        for (var i = 0; i < 20; i++)
        {
            Assert.True((await notes.FindAsync(1)).Found);
        }
    }

    [Fact]
    public async Task A_region_without_nodes_is_refused_at_once()
    {
        await using var tier = await StartAsync("us-east-1");
        await using var client = await tier.ClientAsync("us-east-1");
        var notes = client.OpenSession().Repository<Note, long>();
        var start = TimeProvider.System.GetTimestamp();

        var refused = await Assert.ThrowsAsync<NoEligibleRegionException>(
            () => notes.FindAsync(1, new ReadOptions { Region = RegionId.Parse("mars-north-1"), Timeout = TimeSpan.FromMinutes(1) }).AsTask());

        Assert.Equal(1, refused.Excluded["not in the requested region"]);
        Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
        await client.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => notes.FindAsync(1).AsTask());
    }
}
