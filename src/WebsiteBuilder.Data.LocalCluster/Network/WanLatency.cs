using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Published round-trip times between 19 regions of one cloud, measured with ping over the public backbone.</summary>
/// <remarks>
/// Source: github.com/vitorenesduarte/fantoch, commit aea6e324, <c>latency_aws</c>, June 2020, MIT or Apache-2.0.
/// A pair has one value whichever way it is asked for. Thread-safe.
/// </remarks>
public static class WanLatency
{
    private static readonly Dictionary<RegionId, int> Index = CreateIndex();

    /// <summary>The 19 regions of the table, in alphabetical order.</summary>
    public static IReadOnlyList<RegionId> Regions { get; } = [.. WanLatencyTable.Names.Select(RegionId.Parse)];

    /// <summary>Looks up the round trip between two regions; within one region it is about 0.1 ms.</summary>
    /// <returns>False if a region is not in the table.</returns>
    public static bool TryGet(RegionId from, RegionId to, [MaybeNullWhen(false)] out WanTrip trip)
    {
        if (!Index.TryGetValue(from, out var row) || !Index.TryGetValue(to, out var column))
        {
            trip = default;
            return false;
        }

        if (row < column)
        {
            (row, column) = (column, row);
        }

        trip = new WanTrip(TimeSpan.FromMilliseconds(WanLatencyTable.Averages[row][column]), TimeSpan.FromMilliseconds(WanLatencyTable.Deviations[row][column]));
        return true;
    }

    /// <summary>The round trip between two regions; within one region it is about 0.1 ms.</summary>
    /// <exception cref="ArgumentException">A region is not in the table.</exception>
    public static WanTrip Between(RegionId from, RegionId to) =>
        TryGet(from, to, out var trip)
            ? trip
            : throw new ArgumentException(
                $"The latency table has no pair '{from}' and '{to}'. Known regions: {string.Join(", ", WanLatencyTable.Names)}.",
                Index.ContainsKey(from) ? nameof(to) : nameof(from));

    private static Dictionary<RegionId, int> CreateIndex()
    {
        var index = new Dictionary<RegionId, int>(WanLatencyTable.Names.Length);
        foreach (var name in WanLatencyTable.Names)
            index.Add(RegionId.Parse(name), index.Count);
        return index;
    }
}

/// <summary>One pair's round trip.</summary>
/// <param name="Average">The mean round-trip time.</param>
/// <param name="Deviation">The standard deviation of the round-trip time.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct WanTrip(TimeSpan Average, TimeSpan Deviation);
