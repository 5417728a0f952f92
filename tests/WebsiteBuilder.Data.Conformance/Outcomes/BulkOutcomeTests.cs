using System.Globalization;
using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Outcomes;

/// <summary>Batches whose connection is lost are in once, whatever was lost.</summary>
public sealed class BulkOutcomeTests(ITestOutputHelper output)
{
    private const int Cuts = 240;
    private const int RowsOfCut = 5;

    [Fact]
    public async Task A_batch_cut_off_anywhere_behind_its_first_row_is_in_exactly_once()
    {
        await using var tier = await LiveTier.StartAsync("us-east-1");
        var direct = tier.Primary.DirectConnectionString();
        await Sql.ExecuteAsync(direct, Page.CreateTable);
        using var proxy = new CuttingProxy(tier.Primary.Port);
        var options = tier.Local.CreateDataOptions(tier.Primary.Region);
        var endpoint = options.Shards[0].Endpoints[0];
        endpoint.ConnectionString = new NpgsqlConnectionStringBuilder(endpoint.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString;
        options.Health.FailuresToLeave = 100;
        await using var client = DataClient.Create(options, static entities => entities.Add(Page.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var pages = client.OpenSession().Repository<Page, string>();
        var answered = 0;
        for (var i = 0; i < Cuts; i++)
        {
            // A third inside the rows, the others behind each byte of the answers: to the rows, and to the commit.
            var isRequest = i % 3 == 0;
            var boundary = answered == 0 ? 0 : (i - (i / 3)) % (answered + 1);
            var cut = proxy.Arm($"page-{i}.0", isRequest ? i * 5 : null, isRequest ? 0 : boundary);
            var batch = Enumerable.Range(0, RowsOfCut).Select(row => new Page(string.Create(CultureInfo.InvariantCulture, $"page-{i}.{row}"), new string('x', 200)));

            var result = await pages.InsertManyAsync(
                batch, new BulkOptions { Timeout = TimeSpan.FromSeconds(10), IdempotencyKey = i % 2 == 0 ? $"cut {i}" : null });

            Assert.Equal(RowsOfCut, result.Rows);
            Assert.True(cut.IsDue, $"Batch {i} was not cut.");
            answered = Math.Max(answered, cut.Seen);
        }

        Assert.Equal((long)Cuts * RowsOfCut, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM pages WHERE version = 1"));
        Assert.Equal((long)Cuts, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation WHERE outcome = 1 AND request IS NULL"));
        Assert.Equal(Cuts / 2L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation WHERE request IS NOT NULL"));
        output.WriteLine($"{Cuts} cuts; an answer has {answered} bytes.");
    }

    [Fact]
    public async Task A_long_stream_is_never_held_as_a_whole()
    {
        const int Rows = 100_000;
        await using var tier = await LiveTier.StartAsync("us-east-1");
        await Sql.ExecuteAsync(tier.Primary.DirectConnectionString(), Page.CreateTable);
        await using var client = DataClient.Create(tier.Local.CreateDataOptions(tier.Primary.Region), static entities => entities.Add(Page.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var (before, most) = (GC.GetTotalMemory(forceFullCollection: true), 0L);

        var result = await client.OpenSession().Repository<Page, string>().InsertManyAsync(
            Stream(), new BulkOptions { BatchSize = 5_000, Timeout = TimeSpan.FromMinutes(1) });

        // Two batches at most: one that fills, and one that an attempt may still hold.
        Assert.Equal((Rows, 20), (result.Rows, result.Batches));
        Assert.InRange(most, 0, 64_000_000);
        output.WriteLine($"{Rows} rows of 2 kB: {most / 1_000_000} MB at most.");

        IEnumerable<Page> Stream()
        {
            for (var i = 0; i < Rows; i++)
            {
                if (i % 9_999 == 0)
                {
                    most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
                }

                yield return new Page(i.ToString(CultureInfo.InvariantCulture), new string((char)('a' + (i % 26)), 1_000));
            }
        }
    }
}
