using System.Globalization;

namespace WebsiteBuilder.Data.Benchmarks.Soak;

/// <summary>What <c>soak</c> was asked for.</summary>
/// <param name="Length">How long to work, the warm-up not counted.</param>
/// <param name="Kill">Whether a replica is killed and started again now and then.</param>
/// <param name="Workers">How many work at once.</param>
/// <param name="JsonFile">Where to write the rows; null for nowhere.</param>
internal sealed record SoakOptions(TimeSpan Length, bool Kill, int Workers, string? JsonFile)
{
    public const string Usage = "Usage: soak [--minutes N] [--workers N] [--no-kills] [--json FILE]   (default: 20 minutes, 64 workers)";

    private const int MostWorkers = 10_000;
    private const double MostMinutes = 24 * 60;

    /// <exception cref="ArgumentException">Something isn't understood; the message says what.</exception>
    public static SoakOptions Parse(IReadOnlyList<string> words)
    {
        var options = new SoakOptions(TimeSpan.FromMinutes(20), Kill: true, Workers: 64, JsonFile: null);
        for (var i = 0; i < words.Count; i++)
        {
            options = words[i] switch
            {
                "--minutes" => options with { Length = TimeSpan.FromMinutes(Number(words, ++i, MostMinutes)) },
                "--workers" => options with { Workers = (int)Number(words, ++i, MostWorkers) },
                "--no-kills" => options with { Kill = false },
                "--json" when i + 1 < words.Count && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(words[i + 1]))) => options with { JsonFile = words[++i] },
                "--json" => throw new ArgumentException("--json takes a file in a directory that exists.", nameof(words)),
                _ => throw new ArgumentException($"'{words[i]}' is not an option.", nameof(words)),
            };
        }

        return options;
    }

    private static double Number(IReadOnlyList<string> words, int index, double most) =>
        index < words.Count && double.TryParse(words[index], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= most
            ? number
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"{words[index - 1]} takes a number above 0, up to {most}."), nameof(words));
}
