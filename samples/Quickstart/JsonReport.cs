using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>The figures for machines.</summary>
internal static class JsonReport
{
    // A file, never part of a web page: signs stay readable.
    private static readonly JsonReportContext Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static async Task WriteAsync(string file, IReadOnlyList<Finding> findings, CancellationToken cancellationToken)
    {
        Entry[] entries = [.. findings.Select(static finding => new Entry(
            finding.Name, Rounded(finding.Value), finding.Unit, Rounded(finding.Peer), Rounded(finding.Ratio), finding.Target, finding.Pass))];
        await using var stream = File.Create(file);
        await JsonSerializer.SerializeAsync(stream, entries, Json.EntryArray, cancellationToken);
    }

    private static double Rounded(double value) => Math.Round(value, 3);

    private static double? Rounded(double? value) => value is { } known ? Rounded(known) : null;

    internal sealed record Entry(string Name, double Value, string Unit, double? Peer, double? Ratio, string? Target, bool? Pass);
}

[JsonSerializable(typeof(JsonReport.Entry[]))]
internal sealed partial class JsonReportContext : JsonSerializerContext;
