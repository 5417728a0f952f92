using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Resilience;

/// <summary>What asking a second node brings, and costs, while one replica stalls.</summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted.</param>
/// <param name="Read">Reads the row off the outcome.</param>
internal sealed record StallDuel(string Name, string Meaning, Target Target, Func<StallDuel, StallOutcome, Row> Read) : Compare.Comparison(Name, Meaning, Target)
{
    public override async Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken) =>
        Read(this, await StallingReplica.MeasureAsync(cancellationToken));

    /// <summary>The slowest of a thousand reads, in ms, and how much slower it is without.</summary>
    public static Row P999(StallDuel duel, StallOutcome outcome) => new(
        duel.Name, outcome.New.Median, "ms", outcome.Old.Median, outcome.Ratio.Median, duel.Target.ToString(), duel.Target.IsKept(outcome.Ratio), outcome.Ratio.Low, outcome.Ratio.High, "clock")
    {
        Against = "without (old / new)",
    };

    /// <summary>What is asked in addition, in % of the reads.</summary>
    public static Row ExtraLoad(StallDuel duel, StallOutcome outcome) => new(
        duel.Name, outcome.ExtraLoad.Median, "%", null, null, duel.Target.ToString(), duel.Target.IsKept(outcome.ExtraLoad), outcome.ExtraLoad.Low, outcome.ExtraLoad.High, "count");
}
