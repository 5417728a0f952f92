using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using WebsiteBuilder.Data.Benchmarks.Measuring;

namespace WebsiteBuilder.Data.Benchmarks.Compare;

/// <summary>One line of the result. Figures for machines have four significant digits: more would be noise.</summary>
/// <param name="Name">A stable name.</param>
/// <param name="Value">What the library took or reached.</param>
/// <param name="Unit">In what.</param>
/// <param name="Peer">What the other side took or reached, in the same unit; null if there is none.</param>
/// <param name="Ratio">Ours divided by the peer's, of what is judged; null without a peer.</param>
/// <param name="Target">What is wanted of the ratio, or of the value if there is no peer.</param>
/// <param name="Pass">Whether the target is kept.</param>
/// <param name="Low">Where the 95 % interval of what is judged begins.</param>
/// <param name="High">Where it ends.</param>
/// <param name="Basis">What is judged: <c>clock</c> or <c>cpu</c>.</param>
internal sealed record Row(
    string Name, double Value, string Unit, double? Peer, double? Ratio, string Target, bool Pass, double Low, double High, string Basis)
{
    /// <summary>Who the peer is.</summary>
    public string? Against { get; init; }

    /// <summary>The same with what the value leaves out, such as the promotion that a first write has to wait for.</summary>
    public double? Whole { get; init; }

    /// <summary>The ratio by the clock, where CPU time is judged.</summary>
    public double? ClockRatio { get; init; }

    /// <summary>Bytes that one of our operations allocates.</summary>
    public double? Bytes { get; init; }

    /// <summary>Bytes that one of the peer's operations allocates.</summary>
    public double? PeerBytes { get; init; }

    /// <summary>CPU time of this process for one of our operations, in microseconds.</summary>
    public double? CpuMicroseconds { get; init; }

    /// <summary>The same of the peer.</summary>
    public double? PeerCpuMicroseconds { get; init; }

    public static Row Of(string name, Measure measure, Target target, Rounds rounds, string against)
    {
        var judged = target.IsOnCpu ? Measure.Cpu : measure;
        var ratio = rounds.Ratio(0, 1, judged.Figure);
        return new Row(
            name,
            rounds.Of(0, measure.Figure).Median,
            measure.Unit,
            rounds.Of(1, measure.Figure).Median,
            ratio.Median,
            target.ToString(),
            target.IsKept(ratio),
            ratio.Low,
            ratio.High,
            target.IsOnCpu ? "cpu" : "clock")
        {
            Against = against,
            ClockRatio = target.IsOnCpu ? rounds.Ratio(0, 1, measure.Figure).Median : null,
            CpuMicroseconds = rounds.Of(0, Measure.Cpu.Figure).Median,
            PeerCpuMicroseconds = rounds.Of(1, Measure.Cpu.Figure).Median,
        };
    }

    public Row Rounded() => this with
    {
        Value = Round(Value),
        Peer = Round(Peer),
        Ratio = Round(Ratio),
        Low = Round(Low),
        High = Round(High),
        Whole = Round(Whole),
        ClockRatio = Round(ClockRatio),
        Bytes = Round(Bytes),
        PeerBytes = Round(PeerBytes),
        CpuMicroseconds = Round(CpuMicroseconds),
        PeerCpuMicroseconds = Round(PeerCpuMicroseconds),
    };

    private static double? Round(double? value) => value is { } known ? Round(known) : null;

    private static double Round(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return 0;
        }

        var scale = Math.Pow(10, 3 - Math.Floor(Math.Log10(Math.Abs(value))));
        return Math.Round(value * scale) / scale;
    }
}

/// <summary>The rows as a file.</summary>
internal static class RowFile
{
    // A file, never part of a web page: signs stay readable.
    private static readonly RowJson Json = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static async Task WriteAsync(string file, IEnumerable<Row> rows, CancellationToken cancellationToken)
    {
        await using var stream = File.Create(file);
        await WriteAsync(stream, rows, cancellationToken);
    }

    public static Task WriteAsync(Stream stream, IEnumerable<Row> rows, CancellationToken cancellationToken) =>
        JsonSerializer.SerializeAsync(stream, rows.Select(static row => row.Rounded()).ToArray(), Json.RowArray, cancellationToken);
}

[JsonSerializable(typeof(Row[]))]
internal sealed partial class RowJson : JsonSerializerContext;
