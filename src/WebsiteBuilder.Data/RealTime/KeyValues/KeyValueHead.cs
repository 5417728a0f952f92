using System.Globalization;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>What a node knows of a partition: up to which version it has all writes, in which history, and what that grew from.</summary>
/// <param name="History">Null if nothing was ever written there.</param>
/// <param name="Clock">The last version.</param>
internal sealed record KeyValueHead(LogHistory? History, ulong Clock)
{
    /// <exception cref="RedisFaultException">It isn't what our scripts write.</exception>
    public static KeyValueHead Read(string history, string clock, string past)
    {
        if (history.Length == 0)
        {
            return new KeyValueHead(null, 0);
        }

        List<HistoryAncestor> ancestors = [];
        foreach (var former in past.AsSpan().Split(';'))
        {
            var text = past.AsSpan(former);
            if (!text.IsEmpty)
            {
                var at = text.IndexOf(':');
                ancestors.Add(new HistoryAncestor(Id(at < 0 ? text : text[..at]), Position(at < 0 ? [] : text[(at + 1)..])));
            }
        }

        return new KeyValueHead(new LogHistory(Id(history), 0, ancestors), Position(clock));
    }

    private static HistoryId Id(ReadOnlySpan<char> text) =>
        uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) && id != 0 ? new HistoryId(id) : throw Malformed();

    private static ulong Position(ReadOnlySpan<char> text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : throw Malformed();

    private static RedisFaultException Malformed() =>
        new(RedisFaultKind.Malformed, WriteDisposition.Ambiguous, "A partition's head isn't as this library writes it.");
}
