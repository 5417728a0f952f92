using System.Globalization;

namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>How histories and violations speak, whatever the machine's culture.</summary>
internal static class Wording
{
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Version(long version) =>
        version < 0 ? "unknown"
        : Observation.IsLost(version) ? $"lost {Number(version - Observation.FirstLost)}"
        : Number(version);

    public static string Time(TimeSpan time) => time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture) + " ms";

    public static string Interval(TimeSpan from, TimeSpan to) =>
        $"{from.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture)} to {Time(to)}";
}
