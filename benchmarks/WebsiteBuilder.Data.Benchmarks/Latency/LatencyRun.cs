using System.Globalization;
using System.Text;
using Spectre.Console;

namespace WebsiteBuilder.Data.Benchmarks.Latency;

/// <summary>How long reads take by region and level, over the distances of real regions.</summary>
internal static class LatencyRun
{
    public const string Usage = "Usage: latency [DIRECTORY]   (default: docs)";

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(20);

    // Sessions that wait for an ocean do little in a second; there are more of them, so that 99.9 % of something means something.
    private static readonly (ConsistencyLevel Level, int Sessions, TimeSpan Think)[] Kinds =
    [
        (ConsistencyLevel.Eventual, 12, TimeSpan.FromMilliseconds(20)),
        (ConsistencyLevel.Session, 12, TimeSpan.FromMilliseconds(20)),
        (ConsistencyLevel.BoundedStaleness, 12, TimeSpan.FromMilliseconds(20)),
        (ConsistencyLevel.Strong, 48, TimeSpan.FromMilliseconds(20)),
    ];

    public static async Task<int> RunAsync(string[] words, CancellationToken cancellationToken)
    {
        var directory = words is [] ? "docs" : words[0];
        if (words.Length > 1 || !Directory.Exists(directory))
        {
            await Console.Error.WriteLineAsync($"A directory that exists is needed.\n{Usage}");
            return ExitCodes.Usage;
        }

        var screen = new Screen();
        var cells = await MeasureAsync(screen, cancellationToken);
        Show(screen, cells);
        await File.WriteAllTextAsync(Path.Combine(directory, "latency.csv"), Csv(cells), cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "latency.svg"), LatencyChart.Draw(cells, Circumstances.Describe()), cancellationToken);
        await InsertAsync(Path.Combine(directory, "benchmarks.md"), cells, cancellationToken);
        return ExitCodes.Good;
    }

    private static async Task<Bar[]> MeasureAsync(Screen screen, CancellationToken cancellationToken)
    {
        await using var world = await World.StartAsync(step => screen.Line($"  {step}"), cancellationToken);
        var reads = new List<Cell>();
        var writes = world.Sites.Select(static site => new Cell(site.Region, "write")).ToArray();
        foreach (var (level, sessions, think) in Kinds)
        {
            screen.Line($"  {level}: {sessions} sessions in each region for {Length.TotalSeconds:0} s");
            Cell[] unused = [.. world.Sites.Select(site => new Cell(site.Region, "warm-up"))];
            await WorkAsync(world, sessions, think, level, unused, unused, WarmUp, cancellationToken);
            Cell[] cells = [.. world.Sites.Select(site => new Cell(site.Region, level.ToString()))];
            await WorkAsync(world, sessions, think, level, cells, writes, Length, cancellationToken);
            reads.AddRange(cells);
        }

        return [.. world.Sites.SelectMany(site => reads.Concat(writes)
            .Where(cell => cell.Region == site.Region)
            .Select(cell => new Bar(site.Region.ToString(), site.Distance.TotalMilliseconds, cell.Operation, cell.Sum())))];
    }

    private static async Task WorkAsync(
        World world, int sessions, TimeSpan think, ConsistencyLevel level, Cell[] reads, Cell[] writes, TimeSpan length, CancellationToken cancellationToken)
    {
        using var goHome = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        goHome.CancelAfter(length);
        await Task.WhenAll(world.Sites.Select((site, i) => site.WorkAsync(sessions, think, level, reads[i], writes[i], goHome.Token)));
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static void Show(Screen screen, Bar[] bars)
    {
        screen.Title("Milliseconds by region and level");
        var table = Screen.Table("client in", ">primary away", "operation", ">count", ">local", ">p50", ">p95", ">p99", ">p99.9");
        foreach (var bar in bars)
        {
            table.AddRow(Columns(bar));
        }

        screen.Show(table);
        screen.Line(Circumstances.Describe());
    }

    private static string[] Columns(Bar bar) =>
    [
        bar.Region,
        string.Create(CultureInfo.InvariantCulture, $"{bar.DistanceMilliseconds:0} ms"),
        bar.Operation,
        Figures.Of((double)bar.Times.Count),
        string.Create(CultureInfo.InvariantCulture, $"{bar.Times.LocalPercent:0.#} %"),
        Figures.Of(bar.Times.P50),
        Figures.Of(bar.Times.P95),
        Figures.Of(bar.Times.P99),
        Figures.Of(bar.Times.P999),
    ];

    private static string Csv(Bar[] bars)
    {
        var csv = new StringBuilder("region,primary_ms,operation,count,local_percent,p50_ms,p95_ms,p99_ms,p999_ms\n");
        foreach (var (region, distance, operation, times) in bars)
        {
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{region},{distance:0.0},{operation},{times.Count},{times.LocalPercent:0.0},{times.P50:0.000},{times.P95:0.000},{times.P99:0.000},{times.P999:0.000}\n");
        }

        return csv.ToString();
    }

    private static Task InsertAsync(string document, Bar[] bars, CancellationToken cancellationToken)
    {
        var table = new StringBuilder(Circumstances.Describe()).Append("\n\n");
        table.Append("| client in | primary away | operation | count | local | p50 | p95 | p99 | p99.9 |\n|---|--:|---|--:|--:|--:|--:|--:|--:|\n");
        foreach (var bar in bars)
        {
            table.Append("| ").AppendJoin(" | ", Columns(bar)).Append(" |\n");
        }

        return MarkedDocument.WriteAsync(document, "latency", table.ToString(), cancellationToken);
    }
}
