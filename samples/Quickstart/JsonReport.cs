using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>The figures for machines.</summary>
internal static class JsonReport
{
    public static async Task WriteAsync(string file, IReadOnlyList<Finding> findings, CancellationToken cancellationToken)
    {
        Entry[] entries = [.. findings.Select(static finding => new Entry(
            finding.Name, Rounded(finding.Value), finding.Unit, Rounded(finding.Peer), Rounded(finding.Ratio), finding.Target, finding.Pass))];
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, entries, JsonReportContext.Default.EntryArray, cancellationToken);
    }

    private static double Rounded(double value) => Math.Round(value, 3);

    private static double? Rounded(double? value) => value is { } known ? Rounded(known) : null;

    internal sealed record Entry(string Name, double Value, string Unit, double? Peer, double? Ratio, string? Target, bool? Pass);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(JsonReport.Entry[]))]
internal sealed partial class JsonReportContext : JsonSerializerContext;
