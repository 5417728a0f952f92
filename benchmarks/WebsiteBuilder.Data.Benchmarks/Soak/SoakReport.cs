using System.Globalization;
using Spectre.Console;
using WebsiteBuilder.Data.Benchmarks.Compare;

namespace WebsiteBuilder.Data.Benchmarks.Soak;

/// <summary>What a soak found.</summary>
/// <param name="Readings">What was held, in the order of time.</param>
/// <param name="Failed">Operations that failed although nothing was wrong with what they needed.</param>
/// <param name="Kills">How often a replica was killed.</param>
internal sealed record SoakReport(IReadOnlyList<Reading> Readings, long Failed, int Kills)
{
    private const double Megabyte = 1 << 20;

    /// <summary>Counts, which don't depend on how busy the machine is, and the heap.</summary>
    public IReadOnlyList<Trend> Held { get; } =
    [
        Trend.Of("heap", "MB", Readings.Select(static reading => reading.HeapBytes / Megabyte), share: 0.05, least: 2),
        Trend.Of("timers", "", Readings.Select(static reading => reading.Timers), share: 0.1, least: 24),
        Trend.Of("threads", "", Readings.Select(static reading => reading.Threads), share: 0.1, least: 8),
        Trend.Of("waiting", "", Readings.Select(static reading => reading.Waiting), share: 0, least: 0.5),
        Trend.Of("handles", "", Readings.Select(static reading => reading.Handles), share: 0.1, least: 16),
        Trend.Of("connections", "", Readings.Select(static reading => reading.Connections), share: 0.1, least: 8),
    ];

    /// <summary>What other work on the machine shows in.</summary>
    public IReadOnlyList<Trend> Timing { get; } =
    [
        Trend.Of("resident", "MB", Readings.Select(static reading => reading.ResidentBytes / Megabyte), share: 0.05, least: 8),
        Trend.Of("p99", "ms", Readings.Select(static reading => reading.P99), share: 0.5, least: 2),
    ];

    public bool IsGood => Failed == 0 && Held.All(static trend => trend.IsFlat) && Timing.All(static trend => trend.IsFlat);

    public void Show(Screen screen)
    {
        screen.Title("What is held, by the minute");
        var readings = Screen.Table(">minute", ">heap MB", ">resident MB", ">timers", ">threads", ">handles", ">connections", ">operations", ">p99 ms");
        foreach (var reading in Readings)
        {
            readings.AddRow(
                reading.At.ToString("0.0", CultureInfo.InvariantCulture), Figures.Of(reading.HeapBytes / Megabyte), Figures.Of(reading.ResidentBytes / Megabyte), Count(reading.Timers),
                Count(reading.Threads), Count(reading.Handles), Count(reading.Connections), Figures.Of(reading.Operations), Figures.Of(reading.P99));
        }

        screen.Show(readings);
        screen.Title("What must not grow: medians of the first and the last third");
        var trends = Screen.Table("what", ">first", ">last", "", ">may grow by", "verdict");
        foreach (var trend in Held.Concat(Timing))
        {
            trends.AddRow(trend.Name, Figures.Of(trend.First), Figures.Of(trend.Last), trend.Unit, Figures.Of(trend.Allowed), trend.IsFlat ? "[green]flat[/]" : "[red bold]GROWS[/]");
        }

        screen.Show(trends);
        screen.Line(string.Create(CultureInfo.InvariantCulture, $"{Readings.Sum(static reading => reading.Operations):#,0} operations, {Failed} failed, a replica was killed {Kills} times. {Circumstances.Describe()}"));
    }

    public IEnumerable<Row> Rows() =>
    [
        .. Held.Concat(Timing).Select(static trend => new Row(
            $"soak-{trend.Name}", trend.Last, trend.Unit, trend.First, null,
            string.Create(CultureInfo.InvariantCulture, $"<= first + {trend.Allowed:0.##}"), trend.IsFlat, trend.First, trend.Last, "clock")),
        new Row("soak-failed", Failed, "", null, null, "<= 0", Failed == 0, Failed, Failed, "clock"),
        new Row("soak-operations", Readings.Sum(static reading => reading.Operations), "", null, null, "", Pass: true, 0, 0, "clock"),
    ];

    private static string Count(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
}
