using Spectre.Console;
using Spectre.Console.Rendering;

namespace WebsiteBuilder.Data.Benchmarks;

/// <summary>Where results are shown: with colours on a terminal, as plain lines when the output is redirected or the terminal is dumb.</summary>
internal sealed class Screen
{
    private const int PlainWidth = 150;
    private readonly IAnsiConsole _console;

    public Screen()
    {
        var lively = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = lively ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = lively ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = lively ? InteractionSupport.Yes : InteractionSupport.No,
        });
        if (!lively)
        {
            _console.Profile.Width = PlainWidth;
        }
    }

    public void Title(string title)
    {
        _console.WriteLine();
        _console.Write(new Rule($"[bold]{Markup.Escape(title)}[/]") { Justification = Justify.Left });
    }

    public void Line(string text = "") => _console.WriteLine(text);

    public void Show(IRenderable what) => _console.Write(what);

    /// <summary>A table. A column whose title starts with '>' holds figures, flush right.</summary>
    public static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.TrimStart('>')))
            {
                Alignment = column.StartsWith('>') ? Justify.Right : Justify.Left,
                NoWrap = true,
            });
        }

        return table;
    }
}
