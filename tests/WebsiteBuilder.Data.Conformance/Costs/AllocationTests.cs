using Npgsql;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;

namespace WebsiteBuilder.Data.Conformance.Costs;

/// <summary>What a read allocates beyond the driver's own, counted over many reads of one worker.</summary>
public sealed class AllocationTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Reads = 2_000;

    // What a read waits with is used again by the next one, so that it doesn't count how many answers are there at once.
    private const double Most = 200;

    [Theory]
    [InlineData(ConsistencyLevel.Eventual)]
    [InlineData(ConsistencyLevel.Session)]
    public async Task A_read_allocates_little_beyond_the_drivers_own(ConsistencyLevel level)
    {
        await using var tier = await LiveTier.StartAsync("us-east-1", "us-east-1");
        var replica = tier.Replica("us-east-1");
        await using var client = await tier.ClientAsync("us-east-1", options =>
        {
            options.Health.PositionSampleInterval = TimeSpan.FromMinutes(1);
            options.Health.ProbeInterval = TimeSpan.FromMinutes(1);
            foreach (var endpoint in options.Shards[0].Endpoints)
            {
                endpoint.ConnectionString = tier.Shard.Nodes.Single(node => node.Name == endpoint.Name).DirectConnectionString();
            }
        });
        var session = client.OpenSession();
        var notes = session.Repository<Note, long>();
        await notes.InsertAsync(new Note(1, "a note of some length"));
        await Eventually.TrueAsync(() => Sql.HasCaughtUpAsync(tier.Primary.DirectConnectionString(), replica.DirectConnectionString()));
        await using var raw = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(replica.DirectConnectionString())
        {
            MaxPoolSize = 1,
            NoResetOnClose = true,
            MaxAutoPrepare = 16,
            AutoPrepareMinUsages = 2,
        }.ConnectionString);
        var options = new ReadOptions { Consistency = level };

        var ours = await BytesAsync(async () => Assert.True((await notes.FindAsync(1, options)).Found));
        var theirs = await BytesAsync(async () => Assert.NotNull(await FindAsync(raw, 1)));

        output.WriteLine($"{level}: {ours:0} B, the driver's own {theirs:0} B");
        Assert.True(ours - theirs <= Most, $"{ours:0} B per read, {ours - theirs:0} beyond the driver's own.");
    }

    /// <summary>The smallest of several counts: background work only ever adds.</summary>
    private static async Task<double> BytesAsync(Func<Task> read)
    {
        var least = double.MaxValue;
        for (var run = 0; run < 5; run++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Reads; i++)
            {
                await read();
            }

            least = Math.Min(least, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Reads);
        }

        return least;
    }

    private static async Task<Note?> FindAsync(NpgsqlDataSource source, long id)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand("SELECT id, text, version FROM notes WHERE id = $1", connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = id } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? new Note(reader.GetInt64(0), reader.GetString(1)) { Version = reader.GetInt64(2) } : null;
    }
}
