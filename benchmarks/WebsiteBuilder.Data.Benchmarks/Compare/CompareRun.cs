using Spectre.Console;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Compare;

/// <summary>Runs comparisons one after the other, and shows what came out.</summary>
internal static class CompareRun
{
    public static async Task<int> RunAsync(IReadOnlyList<string> words, CancellationToken cancellationToken)
    {
        Arguments arguments;
        try
        {
            arguments = Arguments.Parse(words, [.. Catalogue.All.Select(static comparison => comparison.Name)]);
        }
        catch (ArgumentException problem)
        {
            await Console.Error.WriteLineAsync($"{problem.Message}\n{Arguments.Usage}");
            return ExitCodes.Usage;
        }

        var screen = new Screen();
        var chosen = Catalogue.All.Where(comparison => arguments.Names.Contains(comparison.Name)).ToArray();
        var rows = await RunAsync(chosen, screen, cancellationToken);
        Show(screen, rows);
        if (arguments.JsonFile is { } file)
        {
            await RowFile.WriteAsync(file, rows, cancellationToken);
        }

        return rows.TrueForAll(static row => row.Pass) ? ExitCodes.Good : ExitCodes.TargetMissed;
    }

    private static async Task<List<Row>> RunAsync(Comparison[] chosen, Screen screen, CancellationToken cancellationToken)
    {
        var rows = new List<Row>();
        BenchTier? tier = null;
        try
        {
            foreach (var comparison in chosen)
            {
                screen.Line($"{comparison.Name}: {comparison.Meaning}");
                rows.Add(await comparison.RunAsync(
                    async () => tier ??= await BenchTier.StartAsync(step => screen.Line($"  {step}"), cancellationToken), cancellationToken));
            }
        }
        finally
        {
            if (tier is not null)
            {
                await tier.DisposeAsync();
            }
        }

        return rows;
    }

    private static void Show(Screen screen, List<Row> rows)
    {
        screen.Title("The library next to others, in turns at the same server");
        var table = Screen.Table("name", ">ours", ">peer", "", "peer", ">ratio", "", ">95 %", ">wanted", ">B/op", "verdict");
        foreach (var row in rows)
        {
            table.AddRow(
                row.Name,
                Figures.Of(row.Value),
                Figures.Of(row.Peer),
                row.Unit,
                row.Against ?? "",
                Figures.Of(row.Ratio),
                row.Basis == "cpu" ? "cpu" : "",
                $"{Figures.Of(row.Low)} .. {Figures.Of(row.High)}",
                row.Target,
                row.PeerBytes is { } peer ? $"{row.Bytes:0} / {peer:0}" : $"{row.Bytes:0}",
                row.Pass ? "[green]kept[/]" : "[red bold]MISSED[/]");
        }

        screen.Show(table);
        screen.Line("Medians. The ratio is ours / the peer's, of pairs of slices taken in turns; by the clock, or by CPU time of this process");
        screen.Line("where it says cpu. 95 %: the bootstrap's interval of what is judged, which without a peer is the value. A target is missed");
        screen.Line("if the whole interval misses it. B/op: what one operation allocates, ours / the peer's.");
        foreach (var row in rows.Where(static row => row.Whole is not null))
        {
            screen.Line($"{row.Name}: {Figures.Of(row.Whole)} {row.Unit} with what it waits for.");
        }

        var missed = rows.Count(static row => !row.Pass);
        screen.Line(missed == 0 ? $"All {rows.Count} targets kept." : $"{missed} of {rows.Count} targets missed.");
    }
}
