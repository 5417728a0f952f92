using Npgsql;
using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Resilience;

/// <summary>What nodes are asked in addition while one of three replicas fails half of what it is asked: its connections are reset after each first answer. No read may fail.</summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted.</param>
internal sealed record RetryRun(string Name, string Meaning, Target Target) : Compare.Comparison(Name, Meaning, Target)
{
    private const int Blocks = 7;
    private const int Workers = 16;
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    public override async Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken)
    {
        await using var replicas = await Replicas.StartAsync(3, cancellationToken);
        await using var client = await replicas.ClientAsync(static options => options.Routing.HedgeReads = false, cancellationToken);
        await ReadAsync(client, cancellationToken);
        var victim = replicas.Shard.Replicas.First();
        var link = replicas.LinkTo(victim);
        var before = link.BytesToServer + link.BytesToClient;
        await using (var one = new NpgsqlConnection(victim.ConnectionString(Replicas.Home)))
        {
            await one.OpenAsync(cancellationToken);
        }

        link.ResetConnectionsAfter(bytes: link.BytesToServer + link.BytesToClient - before);
        var extra = new double[Blocks];
        for (var block = 0; block < Blocks; block++)
        {
            var asked = client.Asked;
            var reads = await ReadAsync(client, cancellationToken);
            extra[block] = 100 * (((double)(client.Asked - asked) / reads) - 1);
        }

        var interval = Interval.Of(extra);
        return new Row(Name, interval.Median, "%", null, null, Target.ToString(), Target.IsKept(interval), interval.Low, interval.High, "count");
    }

    private static async Task<long> ReadAsync(DataClient client, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stop.CancelAfter(Block);
        var reads = await Replicas.ReadAsync(client, Workers, Pause, stop.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return reads;
    }
}
