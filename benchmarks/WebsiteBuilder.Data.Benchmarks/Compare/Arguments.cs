namespace WebsiteBuilder.Data.Benchmarks.Compare;

/// <summary>What <c>compare</c> was asked for.</summary>
/// <param name="Names">The comparisons, in the catalogue's order.</param>
/// <param name="JsonFile">Where to write the rows; null for nowhere.</param>
internal sealed record Arguments(IReadOnlyList<string> Names, string? JsonFile)
{
    public const string Usage = "Usage: compare [--all] [--only NAME[,NAME]] [--json FILE]";

    /// <summary>Reads the words behind <c>compare</c>. Without <c>--only</c> everything is compared.</summary>
    /// <exception cref="ArgumentException">Something isn't understood; the message says what.</exception>
    public static Arguments Parse(IReadOnlyList<string> words, IReadOnlyList<string> known)
    {
        var all = false;
        HashSet<string>? only = null;
        string? file = null;
        for (var i = 0; i < words.Count; i++)
        {
            switch (words[i])
            {
                case "--all":
                    all = true;
                    break;
                case "--only":
                    only ??= new HashSet<string>(StringComparer.Ordinal);
                    only.UnionWith(Value(words, ++i).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
                    break;
                case "--json":
                    file = Value(words, ++i);
                    break;
                default:
                    throw new ArgumentException($"'{words[i]}' is not an option.", nameof(words));
            }
        }

        if (all && only is not null)
        {
            throw new ArgumentException("--all and --only exclude each other.", nameof(words));
        }

        if (file is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file))))
        {
            throw new ArgumentException($"The directory of '{file}' doesn't exist.", nameof(words));
        }

        var unknown = only?.Except(known).FirstOrDefault();
        return unknown is null
            ? new Arguments([.. known.Where(name => only?.Contains(name) ?? true)], file)
            : throw new ArgumentException($"There is no comparison '{unknown}'. There are: {string.Join(", ", known)}.", nameof(words));
    }

    private static string Value(IReadOnlyList<string> words, int index) =>
        index < words.Count && !words[index].StartsWith("--", StringComparison.Ordinal)
            ? words[index]
            : throw new ArgumentException($"{words[index - 1]} takes a value.", nameof(words));
}
