using System.Text;

namespace WebsiteBuilder.Data.Rails.PublicApi;

/// <summary>The lines that differ between two listings, with the type they are in.</summary>
internal static class LineDiff
{
    /// <summary>Empty if the listings are the same.</summary>
    public static string Of(string accepted, string actual)
    {
        var old = Lines(accepted);
        var now = Lines(actual);
        var removed = Without(old, now).Select(static line => (line.Owner, Mark: '-', line.Text));
        var added = Without(now, old).Select(static line => (line.Owner, Mark: '+', line.Text));
        var diff = new StringBuilder();
        foreach (var owner in removed.Concat(added).GroupBy(static line => line.Owner, StringComparer.Ordinal).OrderBy(static owner => owner.Key, StringComparer.Ordinal))
        {
            diff.Append("  ").Append(owner.Key).Append('\n');
            foreach (var (_, mark, text) in owner
                .OrderBy(static line => line.Text[0] == ' ')
                .ThenBy(static line => line.Text, StringComparer.Ordinal)
                .ThenByDescending(static line => line.Mark))
            {
                diff.Append(mark).Append(' ').Append(text).Append('\n');
            }
        }

        return diff.ToString();
    }

    private static IEnumerable<(string Owner, string Text)> Without(List<(string Owner, string Text)> lines, List<(string Owner, string Text)> others)
    {
        var known = others.ToHashSet();
        return lines.Where(line => !known.Contains(line));
    }

    // A member belongs to the type above it. The owner is the type's name, so that a changed base doesn't show all members as new.
    private static List<(string Owner, string Text)> Lines(string listing)
    {
        List<(string Owner, string Text)> lines = [];
        var (space, owner) = ("", "");
        foreach (var line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("namespace ", StringComparison.Ordinal))
            {
                (space, owner) = (line["namespace ".Length..], "");
                continue;
            }

            owner = line[0] == ' ' ? owner : line.Split(" : ")[0].Split(" where ")[0];
            lines.Add(($"{space}: {owner}", line));
        }

        return lines;
    }
}
