using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>What a coordinator promotes, and what becomes of the others.</summary>
public sealed class PromotionTests(ITestOutputHelper output)
{
    private const int Workers = 8;

    [Fact]
    public async Task A_primary_that_is_killed_under_load_is_replaced_and_nothing_acknowledged_is_lost_and_it_rejoins()
    {
        await using var tier = await CoordinatedTier.StartAsync(1, "eu-central-1", "eu-west-3");
        await using var client = await tier.Tier.ClientAsync("us-east-1");
        var (_, audit) = tier.Coordinate();
        await Eventually.TrueAsync(() => audit.Of(FailoverStep.Prepared).Count == 2, because: $"both standbys are prepared; {audit}");
        using var enough = new CancellationTokenSource();
        var acknowledged = new System.Collections.Concurrent.ConcurrentBag<long>();
        var next = 0L;
        var writers = Enumerable.Range(0, Workers).Select(_ => Task.Run(() => WriteAsync(client, () => Interlocked.Increment(ref next), acknowledged, enough.Token))).ToArray();
        await Eventually.TrueAsync(() => acknowledged.Count > 200);

        await tier.First.KillAsync();
        var promoted = await audit.WaitForAsync(FailoverStep.Promoted);
        var before = acknowledged.Count;
        await Eventually.TrueAsync(() => acknowledged.Count > before + 200, TimeSpan.FromSeconds(20), $"writes go on; {audit}");
        await tier.First.StartAsync();
        await audit.WaitForAsync(FailoverStep.Rejoined);
        await enough.CancelAsync();
        await Task.WhenAll(writers);

        output.WriteLine($"{acknowledged.Count} writes acknowledged, promoted after {promoted.Elapsed}; {audit}");
        var primary = tier.Tier.Local.Node(promoted.Node);
        Assert.False(promoted.MayHaveLost);
        Assert.Equal((2, 2), promoted.Standbys);
        var there = (await Sql.ScalarAsync<long[]>(primary.DirectConnectionString(), "SELECT array_agg(id) FROM notes"))!.ToHashSet();
        Assert.DoesNotContain(acknowledged, id => !there.Contains(id));
        Assert.Equal(RuleOf(tier, primary), await CoordinatedTier.SettingAsync(primary, "synchronous_standby_names"));
        await Eventually.TrueAsync(() => CoordinatedTier.HasFollowersAsync(primary, 2), TimeSpan.FromSeconds(20), $"both others follow; {audit}");
        Assert.True(await CoordinatedTier.IsStandbyAsync(tier.First));
        Assert.Equal("off", await CoordinatedTier.SettingAsync(tier.First, "default_transaction_read_only"));
        Assert.Empty(audit.Of(FailoverStep.Refused));
    }

    [Fact]
    public async Task A_primary_that_was_frozen_acknowledges_nothing_when_it_goes_on_and_what_only_it_had_is_thrown_away()
    {
        await using var tier = await CoordinatedTier.StartAsync(1, "eu-central-1", "eu-west-3");
        var (_, audit) = tier.Coordinate();
        await Eventually.TrueAsync(() => audit.Of(FailoverStep.Prepared).Count == 2, because: $"both standbys are prepared; {audit}");
        await Sql.ExecuteAsync(tier.First.DirectConnectionString(), "INSERT INTO notes VALUES (1, 'kept')");
        await using var stale = await Sql.OpenAsync(tier.First.DirectConnectionString(), timeoutSeconds: 60);

        await tier.First.FreezeAsync();
        var waiting = stale.ScalarAsync<object>("SET synchronous_commit = remote_apply; INSERT INTO notes VALUES (2, 'never acknowledged')");
        var promoted = await audit.WaitForAsync(FailoverStep.Promoted);
        var primary = tier.Tier.Local.Node(promoted.Node);
        await Eventually.TrueAsync(() => CoordinatedTier.HasFollowersAsync(primary, 1), TimeSpan.FromSeconds(20), $"the other follows; {audit}");
        await Sql.ExecuteAsync(primary.DirectConnectionString(), "INSERT INTO notes VALUES (3, 'new')");
        await tier.First.ThawAsync();

        // The write that was on its way ends with its connection; whoever sent it knows that it is in doubt.
        await Assert.ThrowsAnyAsync<Exception>(() => waiting);
        await audit.WaitForAsync(FailoverStep.Rejoined);
        await Eventually.TrueAsync(() => CoordinatedTier.HasFollowersAsync(primary, 2), TimeSpan.FromSeconds(20), $"the old one follows; {audit}");
        Assert.Contains(audit.Of(FailoverStep.Fenced), record => record.Node == tier.First.Name);
        await Eventually.TrueAsync(async () => await RowsAsync(tier.First) == "1,3", because: "the old primary has what the new one has");
        Assert.Equal("1,3", await RowsAsync(primary));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task Of_three_standbys_as_many_must_be_left_as_are_sure_to_have_each_write(int required, bool promotes)
    {
        await using var tier = await CoordinatedTier.StartAsync(required, "eu-central-1", "eu-west-3", "eu-west-2");
        LocalNode[] standbys = [.. tier.Standbys];
        var (_, audit) = tier.Coordinate();
        await Eventually.TrueAsync(() => audit.Of(FailoverStep.Prepared).Count == 3, because: $"all standbys are prepared; {audit}");

        // What the second lacks, the third has: it must be chosen, though it comes later.
        tier.Tier.Local.ReplicationLink(standbys[1]).Cut();
        await Sql.ExecuteAsync(tier.First.DirectConnectionString(), "INSERT INTO notes VALUES (1, 'acknowledged')");
        await standbys[0].KillAsync();
        await tier.First.KillAsync();

        if (promotes)
        {
            Assert.Equal(standbys[2].Name, (await audit.WaitForAsync(FailoverStep.Promoted)).Node);
            Assert.Equal("1", await RowsAsync(standbys[2]));
            await audit.WaitForAsync(FailoverStep.Attached);
            Assert.True(await CoordinatedTier.IsStandbyAsync(standbys[1]));
        }
        else
        {
            await Eventually.TrueAsync(() => audit.Has(FailoverRefusal.TooFewStandbys), TimeSpan.FromSeconds(20), $"it refuses; {audit}");
            var refused = audit.Of(FailoverStep.Refused).First(static record => record.Refusal == FailoverRefusal.TooFewStandbys);
            Assert.Equal((2, 3), refused.Standbys);
            Assert.Empty(audit.Of(FailoverStep.Detached));

            await standbys[0].StartAsync();
            await audit.WaitForAsync(FailoverStep.Promoted);
            Assert.Equal("1", await RowsAsync(tier.Tier.Local.Node(audit.Of(FailoverStep.Promoted)[0].Node)));
        }
    }

    [Fact]
    public async Task Of_two_coordinators_one_acts_and_a_dry_run_changes_nothing()
    {
        await using var tier = await CoordinatedTier.StartAsync(1, "eu-central-1", "eu-west-3");
        var (_, dry) = tier.Coordinate(static options => options.DryRun = true);
        await tier.First.KillAsync();
        var would = await dry.WaitForAsync(FailoverStep.WouldPromote);
        LocalNode[] standbys = [.. tier.Standbys];
        Assert.Contains(standbys, node => node.Name == would.Node);
        foreach (var standby in standbys)
        {
            Assert.True(await CoordinatedTier.IsStandbyAsync(standby));
            Assert.NotEqual("", await CoordinatedTier.SettingAsync(standby, "primary_conninfo"));
            Assert.Equal("", await CoordinatedTier.SettingAsync(standby, "synchronous_standby_names"));
        }

        var (one, first) = tier.Coordinate(start: false);
        var (other, second) = tier.Coordinate(start: false);
        var outcomes = await Task.WhenAll(one.PromoteAsync(), other.PromoteAsync());
        one.Start();
        other.Start();

        Assert.Single(first.Of(FailoverStep.Promoted).Concat(second.Of(FailoverStep.Promoted)));
        Assert.Single(outcomes, static outcome => outcome == FailoverRefusal.None);
        var primary = await tier.PrimaryAmongAsync(standbys);
        await Eventually.TrueAsync(() => CoordinatedTier.HasFollowersAsync(primary, 1), TimeSpan.FromSeconds(20), $"the other follows; {first}; {second}");
        await Sql.ExecuteAsync(primary.DirectConnectionString(), "INSERT INTO notes VALUES (1, 'acknowledged')");
        Assert.All(dry.Records, static record => Assert.Contains(
            record.Step, new[] { FailoverStep.WouldPromote, FailoverStep.TriggersChanged, FailoverStep.Refused }));
    }

    private static string RuleOf(CoordinatedTier tier, LocalNode primary) =>
        $"ANY {tier.Required} ({string.Join(", ", tier.Shard.Nodes.Where(node => node != primary).Select(static node => $"\"{node.ApplicationName}\""))})";

    private static Task<string?> RowsAsync(LocalNode node) =>
        Sql.ScalarAsync<string>(node.DirectConnectionString(), "SELECT string_agg(id::text, ',' ORDER BY id) FROM notes");

    private static async Task WriteAsync(DataClient client, Func<long> next, System.Collections.Concurrent.ConcurrentBag<long> acknowledged, CancellationToken enough)
    {
        var notes = client.OpenSession().Repository<Note, long>();
        while (!enough.IsCancellationRequested)
        {
            var id = next();
            try
            {
                var result = await notes.InsertAsync(new Note(id, "note"), new WriteOptions { Timeout = TimeSpan.FromSeconds(20) }, CancellationToken.None);
                if (result.Reached >= WriteDurability.RemoteFlush)
                {
                    acknowledged.Add(id);
                }
            }
            catch (DataTierException)
            {
                // In doubt, or not applied: nothing was promised.
            }
        }
    }
}
