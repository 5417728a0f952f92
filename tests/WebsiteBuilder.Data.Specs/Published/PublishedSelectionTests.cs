using System.Text.Json;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Shared;

namespace WebsiteBuilder.Data.Specs.Published;

/// <summary>
/// The MongoDB drivers' published cases of server selection and maximal staleness, through this library's planner. They are read where they are and are
/// no part of this repository; without them these tests are skipped.
/// </summary>
public class PublishedSelectionTests
{
    private const string Selection = "mongodb-specs/source/server-selection/tests/";
    private const string MaxStaleness = "mongodb-specs/source/max-staleness/tests/";
    private const string ASelection = Selection + "server_selection/ReplicaSetWithPrimary/read/Nearest.json";
    private const string AStaleness = MaxStaleness + "ReplicaSetWithPrimary/Nearest.json";

    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan AnyLatency = TimeSpan.FromDays(1);

    [SharedDataFact(ASelection)]
    public void Servers_are_selected_as_published()
    {
        var cases = Files(ASelection, 3).Where(static file => file.Contains("server_selection", StringComparison.Ordinal)).ToArray();

        Assert.Equal(88, cases.Length);
        Assert.Empty(cases.SelectMany(Differences));
    }

    [SharedDataFact(AStaleness)]
    public void Servers_that_are_too_stale_are_left_out_as_published()
    {
        var cases = Files(AStaleness, 1);

        // An error for a bound below 90 s, for a bound of zero, or for a bound at the primary: this library takes any bound, and says after the read whether it was met.
        var refused = cases.Where(static file => Read(file).TryGetProperty("error", out _)).ToArray();
        Assert.Equal(32, cases.Length);
        Assert.Equal(6, refused.Length);
        Assert.Empty(cases.Except(refused).SelectMany(Differences));
    }

    [SharedDataFact(ASelection)]
    public void Servers_in_the_window_share_the_load_as_published()
    {
        var cases = Files(ASelection, 3).Where(static file => file.Contains("in_window", StringComparison.Ordinal)).ToArray();

        Assert.Equal(8, cases.Length);
        foreach (var file in cases)
        {
            Frequencies(Read(file), Path.GetFileName(file));
        }
    }

    [SharedDataFact(ASelection)]
    public void Round_trips_are_averaged_as_published()
    {
        var cases = Files(ASelection, 3).Where(static file => file.Contains("/rtt/", StringComparison.Ordinal)).Select(Read).ToArray();

        // None of them has a round trip that is shorter than the average. This library believes such a one at once.
        Assert.Equal(7, cases.Length);
        foreach (var item in cases)
        {
            var vitals = new EndpointVitals(PublishedCase.Health);
            if (Average(item) is { } average)
            {
                vitals.Measured(TimeSpan.FromMilliseconds(average));
            }

            vitals.Measured(TimeSpan.FromMilliseconds(item.GetProperty("new_rtt_ms").GetDouble()));
            Assert.Equal(item.GetProperty("new_avg_rtt").GetDouble(), vitals.RoundTrip!.Value.TotalMilliseconds, 0.001);
        }
    }

    [SharedDataFact(ASelection)]
    public void Nothing_published_is_passed_over_unnoticed()
    {
        // Texts of a driver's log messages, in the unified test format.
        var logging = Files(ASelection, 3).Count(static file => file.Contains("/logging/", StringComparison.Ordinal));

        Assert.Equal(5, logging);
        Assert.Equal(88 + 8 + 7 + logging, Files(ASelection, 3).Length);
    }

    private static IEnumerable<string> Differences(string file)
    {
        var published = new PublishedCase(Read(file));
        foreach (var (property, window) in ((string, TimeSpan)[])[("suitable_servers", AnyLatency), ("in_latency_window", Window)])
        {
            var (expected, chosen) = (published.Listed(property), published.Chosen(window));
            if (!expected.SequenceEqual(chosen))
            {
                yield return $"{file}: {property} are {string.Join(", ", expected)}, chosen were {string.Join(", ", chosen)}";
            }
        }
    }

    private static void Frequencies(JsonElement item, string name)
    {
        var published = new PublishedCase(item);
        foreach (var state in item.GetProperty("mocked_topology_state").EnumerateArray())
        {
            var node = Array.Find(published.Shard.Nodes, node => node.Definition.Name == state.GetProperty("address").GetString())!;
            for (var i = state.GetProperty("operation_count").GetInt32(); i > 0; i--)
            {
                node.Vitals.Began();
            }
        }

        var random = new Random(20_261_122);
        var iterations = item.GetProperty("iterations").GetInt32();
        var counts = Enumerable.Range(0, iterations)
            .Select(_ => published.Choose(Window, (uint)random.Next())!)
            .CountBy(static address => address)
            .ToDictionary(static count => count.Key, static count => count.Value);
        var outcome = item.GetProperty("outcome");
        foreach (var expected in outcome.GetProperty("expected_frequencies").EnumerateObject())
        {
            var frequency = counts.GetValueOrDefault(expected.Name) / (double)iterations;
            var tolerance = expected.Value.GetDouble() is 0 or 1 ? 0 : outcome.GetProperty("tolerance").GetDouble();
            Assert.True(Math.Abs(frequency - expected.Value.GetDouble()) <= tolerance, $"{name}: {expected.Name} was chosen in {frequency:P1} of the draws");
        }
    }

    private static double? Average(JsonElement item) =>
        item.GetProperty("avg_rtt_ms") is { ValueKind: JsonValueKind.Number } average ? average.GetDouble() : null;

    private static JsonElement Read(string file) => JsonDocument.Parse(File.ReadAllText(file)).RootElement;

    /// <summary>All files of the folder so many levels above the one of a known file.</summary>
    private static string[] Files(string known, int levels)
    {
        var folder = Directory.GetParent(SharedData.Find(known)!)!;
        for (; levels > 0; levels--)
        {
            folder = folder.Parent!;
        }

        return [.. Directory.GetFiles(folder.FullName, "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
    }
}
