using System.Globalization;
using System.Text;
using Spectre.Console;
using WebsiteBuilder.Data.Benchmarks.Compare;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>What a run found, as tables for the screen, the document and machines.</summary>
internal sealed record ScaleReport(IReadOnlyList<Curve> Curves, IReadOnlyList<Figure> Figures)
{
    public bool IsGood => Curves.All(static curve => curve.IsKept);

    public void Show(Screen screen)
    {
        screen.Title("Cost as things grow");
        var table = Screen.Table("name", "cost of", "as these grow", ">from", ">to", "", ">grows by", ">at most", "verdict");
        foreach (var curve in Curves)
        {
            table.AddRow(curve.Name, curve.Title, curve.Axis, Benchmarks.Figures.Of(curve.Points[0].Y), Benchmarks.Figures.Of(curve.Points[^1].Y), curve.Unit, Exponent(curve.Exponent), Exponent(curve.MaxExponent), curve.IsKept ? "[green]kept[/]" : "[red bold]MISSED[/]");
        }

        screen.Show(table);
        screen.Line("Grows by: e in cost = a · x^e, from the first point to the last. 0: not at all; 1: in step.");
        screen.Title("What things cost by themselves");
        var figures = Screen.Table("name", "what", ">", "", "on");
        foreach (var figure in Figures)
        {
            figures.AddRow(figure.Name, figure.Meaning, Benchmarks.Figures.Of(figure.Value), figure.Unit, figure.Ground);
        }

        screen.Show(figures);
        screen.Line(Circumstances.Describe());
    }

    public string Markdown()
    {
        var text = new StringBuilder(Circumstances.Describe()).Append("\n\n");
        text.Append("| name | cost of | as these grow | on | points | grows by | at most | |\n|---|---|---|---|---|--:|--:|---|\n");
        foreach (var curve in Curves)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| `{curve.Name}` | {curve.Title} | {curve.Axis} | {curve.Ground} | {Points(curve)} | {Exponent(curve.Exponent)} | {Exponent(curve.MaxExponent)} | {(curve.IsKept ? "kept" : "**missed**")} |\n");
        }

        text.Append("\n| name | what | value | unit | on |\n|---|---|--:|---|---|\n");
        foreach (var figure in Figures)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{figure.Name}` | {figure.Meaning} | {Benchmarks.Figures.Of(figure.Value)} | {figure.Unit} | {figure.Ground} |\n");
        }

        return text.ToString();
    }

    /// <summary>A curve's value is its last point, its peer the first one.</summary>
    public IEnumerable<Row> Rows() =>
    [
        .. Curves.Select(static curve => new Row(
            curve.Name, curve.Points[^1].Y, curve.Unit, curve.Points[0].Y, curve.Points[^1].Y / curve.Points[0].Y,
            string.Create(CultureInfo.InvariantCulture, $"<= x^{curve.MaxExponent}"), curve.IsKept, curve.Points.Min(static point => point.Y), curve.Points.Max(static point => point.Y), "clock")),
        .. Figures.Select(static figure => new Row(figure.Name, figure.Value, figure.Unit, null, null, "", Pass: true, figure.Value, figure.Value, "")),
    ];

    private static string Points(Curve curve) => string.Join("; ", curve.Points.Select(point =>
        string.Create(CultureInfo.InvariantCulture, $"{point.X:#,0}: {Benchmarks.Figures.Of(point.Y)} {curve.Unit}")));

    private static string Exponent(double exponent) => exponent.ToString("0.00", CultureInfo.InvariantCulture);
}
