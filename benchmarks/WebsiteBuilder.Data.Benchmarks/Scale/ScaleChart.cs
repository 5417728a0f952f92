using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>Curves as pictures, side by side, each with logarithmic axes: what is flat doesn't grow, and a slope of one is in step.</summary>
internal static class ScaleChart
{
    private const int Columns = 2;
    private const int CellWidth = 400;
    private const int CellHeight = 220;
    private const int PlotWidth = 300;
    private const int PlotHeight = 120;
    private const int Header = 40;
    private const double Decades = 3;

    public static string Draw(IReadOnlyList<Curve> curves, string circumstances)
    {
        var rows = (curves.Count + Columns - 1) / Columns;
        var (width, height) = (Columns * CellWidth, Header + (rows * CellHeight) + 24);
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" role="img">""");
        svg.Append("\n<title>Cost by size</title>\n");
        svg.Append(CultureInfo.InvariantCulture, $"""<rect width="{width}" height="{height}" fill="#ffffff"/>""").Append('\n');
        Text(svg, 16, 24, "Cost as things grow; both axes are logarithmic, each height is three decades", "#222222", "start", 15);
        foreach (var (i, curve) in curves.Index())
        {
            One(svg, curve, (i % Columns * CellWidth) + 70, Header + (i / Columns * CellHeight) + 30);
        }

        Text(svg, 16, height - 8, circumstances, "#777777", "start", 11);
        return svg.Append("</svg>\n").ToString();
    }

    private static void One(StringBuilder svg, Curve curve, double left, double top)
    {
        var bottom = top + PlotHeight;
        var middle = curve.Points.Average(static point => Math.Log10(point.Y));
        double X(double x) => left + (PlotWidth * Math.Log10(x / curve.Points[0].X) / Math.Log10(curve.Points[^1].X / curve.Points[0].X));
        double Y(double y) => Math.Clamp(bottom - (PlotHeight * (Math.Log10(y) - middle + (Decades / 2)) / Decades), top, bottom);
        Text(svg, left, top - 10, $"{curve.Title} ({curve.Ground})", "#222222", "start", 12);
        svg.Append(CultureInfo.InvariantCulture, $"""<rect x="{left:0.#}" y="{top:0.#}" width="{PlotWidth}" height="{PlotHeight}" fill="none" stroke="#dddddd"/>""").Append('\n');
        var color = curve.IsKept ? "#1f6f8b" : "#b5541c";
        var line = string.Join(' ', curve.Points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.X):0.#},{Y(point.Y):0.#}")));
        svg.Append(CultureInfo.InvariantCulture, $"""<polyline points="{line}" fill="none" stroke="{color}" stroke-width="2"/>""").Append('\n');
        foreach (var point in curve.Points)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""<circle cx="{X(point.X):0.#}" cy="{Y(point.Y):0.#}" r="3.5" fill="{color}"/>""").Append('\n');
            Text(svg, X(point.X), Math.Max(top + 10, Y(point.Y) - 7), $"{Figures.Of(point.Y)} {curve.Unit}", "#222222", "middle", 10);
            Text(svg, X(point.X), bottom + 14, point.X.ToString("#,0", CultureInfo.InvariantCulture), "#777777", "middle", 10);
        }

        Text(svg, left + (PlotWidth / 2.0), bottom + 30, curve.Axis, "#777777", "middle", 11);
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string color, string anchor, int size) => svg.Append(
        CultureInfo.InvariantCulture,
        $"""<text x="{x:0.#}" y="{y:0.#}" fill="{color}" text-anchor="{anchor}" font-size="{size}">{text}</text>""").Append('\n');
}
