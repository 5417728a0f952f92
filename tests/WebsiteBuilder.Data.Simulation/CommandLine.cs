using System.Globalization;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation;

/// <summary>What the program was asked for.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Plays seeded worlds and lets judges look at them.
          --seeds N      how many seeds (default 300)
          --from S       the first one (default 1)
          --world NAME   only this world, whatever the seed
          --minutes M    go on from seed to seed for so many minutes, beginning at a random one: the nightly run
          --twice        play each seed twice, and object if the two histories differ in a byte
          --first        stop at the first violation, without shrinking it
          --history      print the whole history of each seed
          --json FILE    write the figures to a file
        """;

    public int Seeds { get; init; } = 300;

    public int From { get; init; } = 1;

    public World? World { get; init; }

    public TimeSpan? For { get; init; }

    public bool Twice { get; init; }

    public bool First { get; init; }

    public bool History { get; init; }

    public string? Json { get; init; }

    /// <exception cref="ArgumentException">Something isn't understood; the message says what.</exception>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new CommandLine();
        for (var i = 0; i < arguments.Count; i++)
        {
            parsed = arguments[i] switch
            {
                "--twice" => parsed with { Twice = true },
                "--first" => parsed with { First = true },
                "--history" => parsed with { History = true },
                "--seeds" => parsed with { Seeds = Number(arguments, ++i, 1) },
                "--from" => parsed with { From = Number(arguments, ++i, 0) },
                "--minutes" => parsed with { For = TimeSpan.FromMinutes(Number(arguments, ++i, 1)) },
                "--world" => parsed with { World = Catalogue.Named(Value(arguments, ++i)) },
                "--json" => parsed with { Json = Value(arguments, ++i) },
                var unknown => throw new ArgumentException($"'{unknown}' is not an option.", nameof(arguments)),
            };
        }

        return parsed;
    }

    private static string Value(IReadOnlyList<string> arguments, int index) =>
        index < arguments.Count ? arguments[index] : throw new ArgumentException($"'{arguments[index - 1]}' needs a value.", nameof(arguments));

    private static int Number(IReadOnlyList<string> arguments, int index, int smallest) =>
        int.TryParse(Value(arguments, index), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= smallest
            ? number
            : throw new ArgumentException($"'{arguments[index - 1]}' needs a whole number from {smallest} on.", nameof(arguments));
}
