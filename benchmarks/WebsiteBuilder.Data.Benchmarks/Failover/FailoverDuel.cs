using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Failover;

/// <summary>
/// kill -9 of the primary of a shard that a coordinator watches, again and again: how long after the promotion until a write is acknowledged, by the library and by the driver that knows all hosts, in
/// the same failovers. Writes wait for a standby, so that whoever is promoted first has to be followed.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted of the time beyond the promotion.</param>
internal sealed record FailoverDuel(string Name, string Meaning, Target Target) : Compare.Comparison(Name, Meaning, Target)
{
    private const int Rounds = 7;

    public override async Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken)
    {
        await using var world = await FailoverWorld.StartAsync(cancellationToken);
        var (beyond, whole, theirs) = (new double[Rounds], new double[Rounds], new double[Rounds]);
        for (var round = 0; round < Rounds; round++)
        {
            var times = await world.KillPrimaryAsync(cancellationToken);
            (beyond[round], whole[round], theirs[round]) = (times.Ours - times.Promoted, times.Ours, times.Driver - times.Promoted);
        }

        var interval = Interval.Of(beyond);
        return new Row(
            Name, interval.Median, "ms", Interval.Of(theirs).Median, null, Target.ToString(), Target.IsKept(interval), interval.Low, interval.High, "clock")
        {
            Against = "multi-host driver, tried again",
            Whole = Interval.Of(whole).Median,
        };
    }
}
