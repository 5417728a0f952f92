using WebsiteBuilder.Data.Benchmarks.Soak;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

/// <summary>The short form of <c>soak</c>. It judges what is held and not how long anything took; what it allows is far beyond what comes and goes.</summary>
public sealed class SoakTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const double MostHeapMegabytes = 3;
    private const double Tolerance = 4;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Nothing_piles_up_while_many_work_and_a_replica_dies_and_returns()
    {
        var report = await SoakRun.RunAsync(
            new SoakOptions(TimeSpan.FromSeconds(30), Kill: true, Workers: 64, JsonFile: null), WarmUp, progress: null, CancellationToken.None);

        foreach (var trend in report.Held.Concat(report.Timing))
        {
            output.WriteLine($"{trend.Name}: {trend.First:0.#} -> {trend.Last:0.#} {trend.Unit}");
        }

        Assert.True(report.Readings.Sum(static reading => reading.Operations) > 0);
        Assert.True(report.Kills > 0);
        Assert.All(report.Held, static trend => Assert.True(
            trend.Growth <= (trend.Name == "heap" ? MostHeapMegabytes : Math.Max(1, trend.Allowed) * Tolerance), $"{trend.Name} grew from {trend.First} to {trend.Last} {trend.Unit}."));
    }
}
