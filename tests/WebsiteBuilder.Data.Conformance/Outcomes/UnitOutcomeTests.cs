using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Outcomes;

/// <summary>What becomes of units of work whose connection or primary is lost.</summary>
public sealed class UnitOutcomeTests
{
    private const int Cuts = 300;
    private const int RequestCuts = 150;

    [Fact]
    public async Task A_unit_cut_off_at_any_byte_around_its_commit_is_applied_exactly_once_and_its_caller_knows()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        var direct = tier.Primary.DirectConnectionString();
        await Sql.ExecuteAsync(direct, Page.CreateTable);
        await Sql.ExecuteAsync(direct, "INSERT INTO pages (id, text) VALUES ('tally', '')");
        using var proxy = new CuttingProxy(tier.Primary.Port);
        await using var client = await ByteBoundaryTests.ClientAsync(tier, proxy);
        var session = client.OpenSession();
        int[] answered = [0, 0];
        var unknown = new List<string>();
        for (var i = 0; i < Cuts; i++)
        {
            var isRequest = i < RequestCuts;
            var boundary = answered[i % 2] == 0 ? 0 : (i - RequestCuts) * 7 % (answered[i % 2] + 1);
            var cut = proxy.Arm($"page-{i}.", isRequest ? (RequestCuts / 2) - i : null, isRequest ? 0 : boundary);
            try
            {
                await RunAsync(session, i);
            }
            catch (Exception exception)
            {
                unknown.Add($"{i}: {exception.GetType().Name}: {exception.Message}");
            }

            Assert.True(cut.IsDue, $"Unit {i} was not cut.");
            answered[i % 2] = answered[i % 2] == 0 ? cut.Seen : Math.Min(answered[i % 2], Math.Max(cut.Seen, 1));
        }

        Assert.Empty(unknown);
        Assert.Equal((long)Cuts, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM pages WHERE id LIKE 'page-%' AND version = 1"));
        Assert.Equal(Cuts + 1L, await Sql.ScalarAsync<long>(direct, "SELECT version FROM pages WHERE id = 'tally'"));
        Assert.Equal((long)Cuts, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation WHERE outcome = 1"));
    }

    [Fact]
    public async Task A_unit_that_has_read_and_loses_its_primary_before_the_commit_applies_nothing_and_says_so()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var session = client.OpenSession();
        await session.Repository<Note, long>().InsertAsync(new Note(1, "old"), new WriteOptions { Durability = WriteDurability.Local });
        var promoted = tier.Replica("us-west-2");
        await Eventually.TrueAsync(async () => await Sql.ScalarAsync<long>(promoted.DirectConnectionString(), "SELECT count(*) FROM notes") == 1);

        var lost = await Assert.ThrowsAsync<StoreFailureException>(() => session.RunUnitOfWorkAsync("shard", async (unit, token) =>
        {
            var notes = unit.Repository<Note, long>();
            var note = await notes.FindAsync(1, RowLock.Update, token);
            notes.Update(note! with { Text = "lost" });
            await tier.Primary.KillAsync(CancellationToken.None);
            await promoted.PromoteAsync(CancellationToken.None);

            // Noticed before the commit is sent. Later it would be ambiguous: who sent it can't know how far it came.
            await notes.FindAsync(1, cancellationToken: token);
        }));

        Assert.Equal((true, WriteDisposition.NotApplied), (lost.IsTransient, lost.Disposition));
        Assert.Equal("old", await Sql.ScalarAsync<string>(promoted.DirectConnectionString(), "SELECT text FROM notes WHERE id = 1"));
    }

    [Fact]
    public async Task A_unit_whose_read_is_answered_without_sense_has_lost_its_connection_applies_nothing_and_says_so()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        var direct = tier.Primary.DirectConnectionString();
        await Sql.ExecuteAsync(direct, Page.CreateTable);
        await Sql.ExecuteAsync(direct, "INSERT INTO pages (id, text) VALUES ('tally', '')");
        using var proxy = new CuttingProxy(tier.Primary.Port);
        await using var client = await ByteBoundaryTests.ClientAsync(tier, proxy);

        var lost = await Assert.ThrowsAsync<StoreFailureException>(() => client.OpenSession().RunUnitOfWorkAsync("shard", async (unit, token) =>
        {
            var pages = unit.Repository<Page, string>();
            pages.Insert(new Page("page-1.", "new"));
            proxy.Garble("tally");
            await pages.FindAsync("tally", cancellationToken: token);
        }));

        Assert.Equal((true, WriteDisposition.NotApplied), (lost.IsTransient, lost.Disposition));
        Assert.Equal(typeof(Exception), lost.InnerException?.GetType());
        Assert.Equal(0L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM pages WHERE id = 'page-1.'"));
    }

    [Fact]
    public async Task A_replay_safe_unit_that_loses_its_primary_runs_again_at_the_next_one()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1", "us-west-2");
        await using var client = await tier.ClientAsync("us-east-1");
        var session = client.OpenSession();
        await session.Repository<Note, long>().InsertAsync(new Note(1, "old"), new WriteOptions { Durability = WriteDurability.Local });
        var promoted = tier.Replica("us-west-2");
        await Eventually.TrueAsync(async () => await Sql.ScalarAsync<long>(promoted.DirectConnectionString(), "SELECT count(*) FROM notes") == 1);
        var runs = 0;

        var result = await session.RunUnitOfWorkAsync(
            "shard",
            async (unit, token) =>
            {
                var notes = unit.Repository<Note, long>();
                var note = await notes.FindAsync(1, RowLock.Update, token);
                notes.Update(note! with { Text = note.Text + "+" }, note.Version);
                if (++runs == 1)
                {
                    await tier.Primary.KillAsync(CancellationToken.None);
                    await promoted.PromoteAsync(CancellationToken.None);
                    await notes.FindAsync(1, cancellationToken: token);
                }
            },
            new UnitOfWorkOptions { ReplaySafe = true, Timeout = TimeSpan.FromSeconds(30) });

        Assert.Equal((promoted.Region, 2), (result.Region, runs));
        Assert.Equal("old+", (await session.Repository<Note, long>().FindAsync(1)).Value!.Text);
    }

    /// <summary>Every other unit reads first, and so holds a connection of another kind; those may run again.</summary>
    private static Task<WriteResult> RunAsync(IDataSession session, int number) => session.RunUnitOfWorkAsync(
        "shard",
        async (unit, token) =>
        {
            var pages = unit.Repository<Page, string>();
            if (number % 2 == 1)
            {
                Assert.NotNull(await pages.FindAsync("tally", RowLock.Update, token));
            }

            pages.Update(new Page("tally", "counted"));
            pages.Insert(new Page($"page-{number}.", "new"));
        },
        new UnitOfWorkOptions { Timeout = TimeSpan.FromSeconds(5), ReplaySafe = number % 2 == 1 });
}
