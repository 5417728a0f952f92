using System.Globalization;
using System.Text.Json;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>How many rounds came out how.</summary>
internal static class ChaosReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>A row for each kind of fault: how long writes stood still, with and without the promotion.</summary>
    public static string Table(IReadOnlyList<ChaosRecord> records)
    {
        var lines = records.GroupBy(static record => record.Fault).OrderBy(static group => group.Key).Select(static group => Row($"{group.Key}", [.. group]))
            .Append(Row("all that promote", [.. records.Where(static record => record.Promoted is not null)]));
        return string.Join('\n', lines.Prepend("| fault | rounds | promoted | first write | beyond the promotion | first safe write | beyond the promotion | lost, told | violations |\n|---|---|---|---|---|---|---|---|---|"));
    }

    public static Task WriteAsync(string file, IReadOnlyList<ChaosRecord> records) => File.WriteAllTextAsync(file, JsonSerializer.Serialize(records, Indented));

    private static string Row(string name, ChaosRecord[] records) => string.Create(
        CultureInfo.InvariantCulture,
        $"| {name} | {records.Length} | {Spread(records, static record => record.Promoted)} | {Spread(records, static record => record.FirstWrite)} | {Spread(records, static record => record.FirstWriteBeyond)} "
        + $"| {Spread(records, static record => record.FirstSafeWrite)} | {Spread(records, static record => record.FirstSafeWriteBeyond)} "
        + $"| {records.Sum(static record => record.Lost.Values.Sum())}, {records.Sum(static record => record.Told)} | {records.Sum(static record => record.Violations.Count)} |");

    /// <summary>The median, the ninetieth percentile and the highest, in milliseconds.</summary>
    private static string Spread(ChaosRecord[] records, Func<ChaosRecord, double?> of)
    {
        double[] values = [.. records.Select(of).OfType<double>().Order()];
        return values.Length == 0
            ? "–"
            : string.Create(CultureInfo.InvariantCulture, $"{At(0.5):0} / {At(0.9):0} / {values[^1]:0}");

        double At(double share) => values[(int)Math.Ceiling(share * values.Length) - 1];
    }
}
