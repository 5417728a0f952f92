using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>What an operation costs as nodes, shards, callers and sessions grow, and what things cost that only lie there.</summary>
internal static class ScaleRun
{
    public const string Command = "scale";
    private const string Usage = "Usage: scale [DIRECTORY] [--json FILE]   (default: docs)";

    public static async Task<int> RunAsync(string[] words, CancellationToken cancellationToken)
    {
        var json = words is [.., "--json", var file] ? file : null;
        string[] rest = json is null ? words : words[..^2];
        var directory = rest is [] ? "docs" : rest[0];
        if (rest.Length > 1 || !Directory.Exists(directory) || (json is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(json)))))
        {
            await Console.Error.WriteLineAsync($"Directories that exist are needed.\n{Usage}");
            return ExitCodes.Usage;
        }

        var screen = new Screen();
        var report = await MeasureAsync(screen, cancellationToken);
        report.Show(screen);
        await File.WriteAllTextAsync(Path.Combine(directory, "scale.svg"), ScaleChart.Draw(report.Curves, Circumstances.Describe()), cancellationToken);
        await MarkedDocument.WriteAsync(Path.Combine(directory, "scale.md"), Command, report.Markdown(), cancellationToken);
        if (json is not null)
        {
            await RowFile.WriteAsync(json, report.Rows(), cancellationToken);
        }

        return report.IsGood ? ExitCodes.Good : ExitCodes.TargetMissed;
    }

    private static async Task<ScaleReport> MeasureAsync(Screen screen, CancellationToken cancellationToken)
    {
        // What is kept in memory is counted before anything else runs in the background.
        screen.Line("  In memory: tokens, sessions, plans, shards");
        var figures = InMemory.Memory().Select(static item => new Figure(item.Name, item.Meaning, item.Bytes, "B", "in memory")).ToList();
        var curves = InMemory.Measure().ToList();
        screen.Line("  At real servers: a client that watches, and crowds of callers");
        await using (var tier = await BenchTier.StartAsync(step => screen.Line($"    {step}"), cancellationToken))
        {
            figures.AddRange(await Real.WatchingAsync(tier, cancellationToken));
            curves.AddRange(await Real.CallersAsync(tier, cancellationToken));
        }

        screen.Line("  At simulated servers: up to 600 nodes and 1,024 shards");
        figures.Add(new Figure(
            "memory-node-engine", "the engine's share of a watched node", await Simulated.BytesOfNodeAsync(cancellationToken), "B", "simulated servers"));
        curves.AddRange(await Simulated.MeasureAsync(cancellationToken));
        double Of(string name) => figures.Find(figure => figure.Name == name)!.Value;
        figures.AddRange(TheTier.Figures(Of("memory-node"), Of("monitoring-replica"), Of("monitoring-primary")));
        return new ScaleReport(curves, figures);
    }
}
