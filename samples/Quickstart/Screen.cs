using Spectre.Console;
using Spectre.Console.Rendering;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>
/// Where the tour is shown: with colours and a spinner on a terminal; as plain lines, 100 columns at most, when the output is redirected
/// or the terminal is dumb.
/// </summary>
internal sealed class Screen
{
    private const int MaxWidth = 100;
    private readonly IAnsiConsole _console;
    private readonly bool _lively;
    private readonly Lock _lock = new();

    public Screen()
    {
        _lively = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = _lively ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = _lively ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = _lively ? InteractionSupport.Yes : InteractionSupport.No,
        });
        _console.Profile.Width = _lively ? Math.Min(MaxWidth, _console.Profile.Width) : MaxWidth;
    }

    /// <summary>Opens a chapter: its title, and what is about to be seen.</summary>
    public void Chapter(string title, string sentence)
    {
        lock (_lock)
        {
            _console.WriteLine();
            _console.Write(new Rule($"[bold]{Markup.Escape(title)}[/]") { Justification = Justify.Left });
            _console.WriteLine(sentence);
            _console.WriteLine();
        }
    }

    public void Line(string text = "")
    {
        lock (_lock)
        {
            _console.WriteLine(text);
        }
    }

    /// <summary>A step that is done, and how long it took.</summary>
    public void Done(string step, TimeSpan took)
    {
        lock (_lock)
        {
            _console.MarkupLine($"[green]{Words.Long(took),9}[/]  {Markup.Escape(step)}");
        }
    }

    public void Show(IRenderable what)
    {
        lock (_lock)
        {
            _console.Write(what);
        }
    }

    /// <summary>Shows that work is under way: a spinner where there is somebody to see it spin, else the lines that the work itself prints.</summary>
    /// <param name="title">What is being done.</param>
    /// <param name="work">The work; it is given the means to say how far it is, in passing.</param>
    public Task WorkAsync(string title, Func<Action<string>, Task> work)
    {
        if (!_lively)
        {
            return work(static _ => { });
        }

        return _console.Status().Spinner(Spinner.Known.Dots).StartAsync(
            Markup.Escape(title), context => work(text => context.Status(Markup.Escape(text))));
    }

    /// <summary>Text that belongs to the line before.</summary>
    public void Indented(string text) => Show(new Padder(new Text(text), new Padding(4, 0, 0, 0)));

    /// <summary>A table in the tour's looks. A column whose title starts with '>' holds figures, flush right; with '~', text that may wrap.</summary>
    public static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(Markup.Escape(column.TrimStart('>', '~')))
            {
                Alignment = column.StartsWith('>') ? Justify.Right : Justify.Left,
                NoWrap = !column.StartsWith('~'),
            });
        }

        return table;
    }
}
