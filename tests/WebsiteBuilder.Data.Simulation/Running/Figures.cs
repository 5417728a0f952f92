using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>One line of the machine-readable result.</summary>
internal sealed record Figure(string Name, double Value, string Unit, string? Peer, double? Ratio, double? Target, bool Pass)
{
    public static IReadOnlyList<Figure> Of(Totals totals, TimeSpan took) =>
    [
        AtLeast("sim-worlds-per-minute", totals.WorldsPerMinute(took), "1/min", 200),
        AtLeast("sim-operations-per-world", totals.Worlds == 0 ? 0 : (double)totals.Operations / totals.Worlds, "1", 2_000),
        AtLeast("sim-succeeded", totals.Succeeded * 100, "%", 90),
        AtLeast("sim-session-reads-from-replicas", totals.FromReplicas * 100, "%", 30),
        new("sim-violated-worlds", totals.Violated, "1", null, null, 0, totals.Violated == 0),
        new("sim-virtual-per-wall", totals.VirtualPerSecond(took), "s/s", null, null, null, Pass: true),
    ];

    public static void Write(string path, IReadOnlyList<Figure> figures) =>
        File.WriteAllText(path, JsonSerializer.Serialize(figures, FigureJson.Default.IReadOnlyListFigure));

    private static Figure AtLeast(string name, double value, string unit, double target) => new(name, value, unit, null, null, target, value >= target);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<Figure>))]
internal sealed partial class FigureJson : JsonSerializerContext;
