using System.Globalization;

namespace WebsiteBuilder.Data.Benchmarks;

/// <summary>Figures as people read them: three significant digits, thousands apart.</summary>
internal static class Figures
{
    public static string Of(double value) => Math.Abs(value) switch
    {
        >= 1_000 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.00", CultureInfo.InvariantCulture),
    };

    public static string Of(double? value) => value is { } known ? Of(known) : "";
}
