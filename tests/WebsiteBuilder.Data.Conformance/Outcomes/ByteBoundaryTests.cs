using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Conformance.Outcomes;

/// <summary>A connection may be lost behind any byte of a write's one round trip. While the primary lives, every write's outcome is found out.</summary>
public class ByteBoundaryTests(ITestOutputHelper output) : LiveTests
{
    protected virtual int Cuts => 1_000;

    private int RequestCuts => Cuts / 5 * 2;

    [Fact]
    public async Task A_write_cut_off_at_any_byte_around_its_commit_is_applied_exactly_once_and_its_caller_knows()
    {
        await using var tier = await StartAsync("us-east-1");
        var direct = tier.Primary.DirectConnectionString();
        await Sql.ExecuteAsync(direct, Page.CreateTable);
        await Sql.ExecuteAsync(direct, $"INSERT INTO pages (id, text) SELECT 'page-' || i || '.', 'old' FROM generate_series(0, {Cuts - 1}) AS i WHERE i % 4 <> 0");
        using var proxy = new CuttingProxy(tier.Primary.PoolerPort ?? tier.Primary.Port);
        await using var client = await ClientAsync(tier, proxy);
        var pages = client.OpenSession().Repository<Page, string>();
        var answered = 0;
        var unknown = new List<string>();
        for (var i = 0; i < Cuts; i++)
        {
            // The boundaries of the request on both sides of its COMMIT, then those of the answer, from its first byte on.
            var isRequest = i < RequestCuts;
            var boundary = answered == 0 ? 0 : (i - RequestCuts) % (answered + 1);
            var cut = proxy.Arm($"page-{i}.", isRequest ? (RequestCuts / 2) - i : null, isRequest ? 0 : boundary);
            try
            {
                await WriteAsync(pages, i);
            }
            catch (Exception exception)
            {
                unknown.Add($"{i}: {exception.GetType().Name}: {exception.Message}");
            }

            Assert.True(cut.IsDue, $"Write {i} was not cut.");
            answered = Math.Max(answered, cut.Seen);
        }

        Assert.Empty(unknown);
        Assert.Equal(Cuts / 4 * 3L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM pages WHERE text = 'new'"));
        Assert.Equal(0L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM pages WHERE text <> 'new'"));
        Assert.Equal(Cuts / 4L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM pages WHERE version = 1"));
        Assert.Equal(Cuts / 2L, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM pages WHERE version = 2"));
        Assert.Equal((long)Cuts, await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation WHERE outcome = 1"));
        var sentAgain = await Sql.ScalarAsync<long>(direct, "SELECT count(*) FROM wbd.operation WHERE outcome = 4");
        Assert.InRange(sentAgain, Cuts / 10, Cuts - (Cuts / 10));
        output.WriteLine($"{Cuts} cuts: {sentAgain} had not been applied and were sent again, {Cuts - sentAgain} had been; an answer has {answered} bytes.");
    }

    /// <summary>Applied twice, the first is a conflict, the second too, the third makes version 3, the fourth is a conflict.</summary>
    private static async Task WriteAsync(IRepository<Page, string> pages, int number)
    {
        var page = new Page($"page-{number}.", "new");
        var options = new WriteOptions { Timeout = TimeSpan.FromSeconds(5) };
        switch (number % 4)
        {
            case 0:
                Assert.Equal(1, (await pages.InsertAsync(page, options)).Version);
                break;
            case 1:
                Assert.Equal(2, (await pages.UpdateAsync(page, expectedVersion: 1, options)).Version);
                break;
            case 2:
                Assert.Equal(0, (await pages.UpsertAsync(page, options)).Version);
                break;
            default:
                Assert.Equal(1, (await pages.DeleteAsync(page.Id, expectedVersion: 1, options)).Version);
                break;
        }
    }

    internal static async Task<DataClient> ClientAsync(LiveTier tier, CuttingProxy proxy)
    {
        var options = tier.Local.CreateDataOptions(tier.Primary.Region);
        var endpoint = options.Shards[0].Endpoints[0];
        endpoint.ConnectionString = new NpgsqlConnectionStringBuilder(endpoint.ConnectionString) { Host = "127.0.0.1", Port = proxy.Port }.ConnectionString;

        // The node is well; only its connections aren't.
        options.Health.FailuresToLeave = 100;
        var client = DataClient.Create(options, static entities => entities.Add(Page.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        return client;
    }
}
