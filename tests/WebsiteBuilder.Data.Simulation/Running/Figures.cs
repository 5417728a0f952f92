using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>One line of the machine-readable result.</summary>
internal sealed record Figure(string Name, double Value, string Unit, string? Peer, double? Ratio, double? Target, bool Pass)
{
    /// <summary>Fewer worlds than this are over before the code is compiled, and say little of the average.</summary>
    private const int EnoughWorlds = 100;

    public static IReadOnlyList<Figure> Of(Totals totals, TimeSpan took) =>
    [
        AtLeast(totals, "sim-worlds-per-minute", totals.WorldsPerMinute(took), "1/min", 200),
        AtLeast(totals, "sim-operations-per-world", totals.Worlds == 0 ? 0 : (double)totals.Operations / totals.Worlds, "1", 2_000),
        AtLeast(totals, "sim-succeeded", totals.Succeeded * 100, "%", 90),
        AtLeast(totals, "sim-session-reads-from-replicas", totals.FromReplicas * 100, "%", 30),
        new("sim-violated-worlds", totals.Violated, "1", null, null, 0, totals.Violated == 0),
        new("sim-virtual-per-wall", totals.VirtualPerSecond(took), "s/s", null, null, null, Pass: true),
    ];

    public static void Write(string path, IReadOnlyList<Figure> figures) =>
        File.WriteAllText(path, JsonSerializer.Serialize(figures, FigureJson.Default.IReadOnlyListFigure));

    private static Figure AtLeast(Totals totals, string name, double value, string unit, double target) =>
        new(name, value, unit, null, null, target, value >= target || totals.Worlds < EnoughWorlds);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<Figure>))]
internal sealed partial class FigureJson : JsonSerializerContext;
