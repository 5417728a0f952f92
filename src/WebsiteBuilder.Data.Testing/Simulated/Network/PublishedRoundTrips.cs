using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Half of the published round trips, from the table that the cluster of real servers uses, too.</summary>
internal static class PublishedRoundTrips
{
    public static TimeSpan? OneWay(RegionId from, RegionId to)
    {
        var (row, column) = (Array.IndexOf(WanLatencyTable.Names, from.ToString()), Array.IndexOf(WanLatencyTable.Names, to.ToString()));
        return row < 0 || column < 0
            ? null
            : TimeSpan.FromMilliseconds(WanLatencyTable.Averages[Math.Max(row, column)][Math.Min(row, column)]) / 2;
    }
}
