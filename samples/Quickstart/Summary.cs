using System.Globalization;
using Spectre.Console;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>The table at the end.</summary>
internal static class Summary
{
    public static void Print(Screen screen, Report report)
    {
        screen.Chapter("Summary", "What was promised, and what was measured just now on this machine.");
        var table = Screen.Table("name", "what it is", ">value", ">target", "");
        foreach (var finding in report.Findings)
        {
            table.AddRow(
                Markup.Escape(finding.Name),
                Markup.Escape(finding.Meaning),
                Markup.Escape(Value(finding)),
                Markup.Escape(finding.Target ?? ""),
                Verdict(finding.Pass));
        }

        screen.Show(table);
        screen.Line(string.Join(" · ", report.Chapters.Select(static chapter => $"{chapter.Chapter} {Words.Long(chapter.Took)}")));
        var failed = report.Findings.Count(static finding => finding.Pass == false);
        var passed = report.Findings.Count(static finding => finding.Pass == true);
        screen.Line(failed == 0 ? $"All {passed} promises kept." : $"{failed} of {failed + passed} promises NOT kept.");
    }

    private static string Value(Finding finding)
    {
        var value = string.Create(CultureInfo.InvariantCulture, $"{finding.Value:0.##} {finding.Unit}").TrimEnd();
        return finding.Ratio is { } ratio
            ? string.Create(CultureInfo.InvariantCulture, $"{value} vs {finding.Peer:0.##}: {ratio:0.#} x")
            : value;
    }

    private static string Verdict(bool? pass) => pass switch
    {
        true => "[green]ok[/]",
        false => "[red bold]FAILED[/]",
        null => "",
    };
}
