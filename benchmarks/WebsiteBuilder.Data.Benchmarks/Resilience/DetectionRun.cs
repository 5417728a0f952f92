using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Benchmarks.Resilience;

/// <summary>How long a replica stays in rotation, under load, after something happened to it, again and again.</summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted.</param>
/// <param name="Strike">What happens.</param>
/// <param name="Mend">What makes it good again.</param>
internal sealed record DetectionRun(string Name, string Meaning, Target Target, Func<LocalNode, Task> Strike, Func<LocalNode, Task> Mend) : Compare.Comparison(Name, Meaning, Target)
{
    private const int Rounds = 7;
    private const int Workers = 16;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public override async Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken)
    {
        await using var replicas = await Replicas.StartAsync(2, cancellationToken);
        await using var client = await replicas.ClientAsync(
            static options => (options.Health.ProbeInterval, options.Health.RecheckInterval) = (TimeSpan.FromSeconds(1), TimeSpan.FromMilliseconds(200)), cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Replicas.ReadAsync(client, Workers, Pause, stop.Token);
        var victim = replicas.Shard.Replicas.First();
        var milliseconds = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            await UntilAsync(client, victim.Name, EndpointHealth.Healthy, cancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            var begunAt = TimeProvider.System.GetTimestamp();
            await Strike(victim);
            await UntilAsync(client, victim.Name, EndpointHealth.Unhealthy, cancellationToken);
            milliseconds[round] = TimeProvider.System.GetElapsedTime(begunAt).TotalMilliseconds;
            await Mend(victim);
        }

        await stop.CancelAsync();
        await reading;
        var interval = Interval.Of(milliseconds);
        return new Row(Name, interval.Median, "ms", null, null, Target.ToString(), Target.IsKept(interval), interval.Low, interval.High, "clock");
    }

    private static async Task UntilAsync(DataClient client, string node, EndpointHealth health, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        while (client.Topology.Shards[0].Endpoints.Single(endpoint => endpoint.Name == node).Health != health)
        {
            await Task.Delay(Look, patience.Token);
        }
    }
}
