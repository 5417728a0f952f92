using System.Globalization;
using Spectre.Console;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>The table at the end.</summary>
internal static class Summary
{
    public static void Print(Screen screen, Report report)
    {
        screen.Chapter("Summary", "What is promised, and what was measured just now on this machine.");
        var table = Screen.Table("name", "~what it is", ">value", ">target", "verdict");
        foreach (var (chapter, took) in report.Chapters)
        {
            table.AddRow($"[bold]{Markup.Escape(chapter)}[/]", $"[dim]{Words.Long(took)}[/]");
            foreach (var finding in report.Findings.Where(finding => finding.Chapter == chapter))
            {
                table.AddRow(
                    $"  {Markup.Escape(finding.Name)}", Markup.Escape(Meaning(finding)), Value(finding), finding.Target ?? "", Verdict(finding.Pass));
            }
        }

        screen.Show(table);
        var failed = report.Findings.Count(static finding => finding.Pass == false);
        var kept = report.Findings.Count(static finding => finding.Pass == true);
        var whole = report.Chapters.Aggregate(TimeSpan.Zero, static (sum, chapter) => sum + chapter.Took);
        screen.Line(failed == 0 ? $"All {kept} promises kept, in {Words.Long(whole)}." : $"{failed} of {failed + kept} promises NOT kept.");
    }

    private static string Meaning(Finding finding) => finding.Ratio is { } ratio
        ? string.Create(CultureInfo.InvariantCulture, $"{finding.Meaning}; {finding.Peer:0} {finding.Unit} at the primary, {ratio:0} x")
        : finding.Meaning;

    private static string Value(Finding finding) =>
        string.Create(CultureInfo.InvariantCulture, $"{finding.Value:0.##} {finding.Unit}").TrimEnd();

    private static string Verdict(bool? pass) => pass switch
    {
        true => "[green]kept[/]",
        false => "[red bold]FAILED[/]",
        null => "",
    };
}
