using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.Benchmarks.Latency;

/// <summary>One row of the result.</summary>
internal sealed record Bar(string Region, double DistanceMilliseconds, string Operation, Quantiles Times);

/// <summary>The result as a picture: for each region and operation a bar from p50 to p99.9 over a logarithmic scale, with p95 and p99 on it.</summary>
internal static class LatencyChart
{
    private const int Left = 150;
    private const int Right = 760;
    private const int Width = 800;
    private const int Line = 22;
    private const int Header = 34;
    private const double MinMilliseconds = 0.1;
    private const double MaxMilliseconds = 1_000;

    public static string Draw(IReadOnlyList<Bar> bars, string circumstances)
    {
        var groups = bars.GroupBy(static bar => bar.Region).ToArray();
        var height = 40 + groups.Sum(static group => Header + (group.Count() * Line)) + 60;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="sans-serif" font-size="12" role="img">""");
        svg.Append("\n<title>Latency by region and level</title>\n");
        svg.Append(CultureInfo.InvariantCulture, $"""<rect width="{Width}" height="{height}" fill="#ffffff"/>""").Append('\n');
        Text(svg, 16, 24, "Latency by region and level: p50 (bar's begin), p95, p99, p99.9 (its end)", "#222222", "start", size: 15);
        Scale(svg, 40, height - 40);
        var y = 40;
        foreach (var group in groups)
        {
            y += Header;
            Text(svg, 16, y - 10, string.Create(CultureInfo.InvariantCulture, $"{group.Key}, primary {group.First().DistanceMilliseconds:0} ms away"), "#222222", "start");
            foreach (var bar in group)
            {
                One(svg, bar, y);
                y += Line;
            }
        }

        Text(svg, 16, height - 8, circumstances, "#777777", "start", size: 11);
        return svg.Append("</svg>\n").ToString();
    }

    private static void Scale(StringBuilder svg, int top, int bottom)
    {
        foreach (var milliseconds in (double[])[0.1, 1, 10, 100, 1_000])
        {
            var x = X(milliseconds);
            svg.Append(CultureInfo.InvariantCulture, $"""<line x1="{x:0.#}" y1="{top}" x2="{x:0.#}" y2="{bottom}" stroke="#dddddd"/>""").Append('\n');
            Text(svg, x, bottom + 14, string.Create(CultureInfo.InvariantCulture, $"{milliseconds:0.#} ms"), "#777777", "middle");
        }
    }

    private static void One(StringBuilder svg, Bar bar, int y)
    {
        var color = bar.Operation switch { "Strong" => "#b5541c", "write" => "#777777", _ => "#1f6f8b" };
        var (begin, end) = (X(bar.Times.P50), X(bar.Times.P999));
        Text(svg, Left - 8, y + 12, bar.Operation, "#222222", "end");
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""<rect x="{begin:0.#}" y="{y + 4}" width="{Math.Max(1, end - begin):0.#}" height="10" rx="2" fill="{color}" fill-opacity="0.35"/>""").Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"""<circle cx="{begin:0.#}" cy="{y + 9}" r="5" fill="{color}"/>""").Append('\n');
        foreach (var mark in (double[])[bar.Times.P95, bar.Times.P99])
        {
            svg.Append(CultureInfo.InvariantCulture, $"""<rect x="{X(mark) - 1:0.#}" y="{y + 2}" width="2" height="14" fill="{color}"/>""").Append('\n');
        }
    }

    private static void Text(StringBuilder svg, double x, double y, string text, string color, string anchor, int size = 12) => svg.Append(
        CultureInfo.InvariantCulture,
        $"""<text x="{x:0.#}" y="{y:0.#}" fill="{color}" text-anchor="{anchor}" font-size="{size}">{text}</text>""").Append('\n');

    private static double X(double milliseconds)
    {
        var share = Math.Log10(Math.Clamp(milliseconds, MinMilliseconds, MaxMilliseconds) / MinMilliseconds) / Math.Log10(MaxMilliseconds / MinMilliseconds);
        return Left + (share * (Right - Left));
    }
}
