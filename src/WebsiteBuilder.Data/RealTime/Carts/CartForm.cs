using System.Globalization;
using System.Text.Json;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>How carts are written down in Redis.</summary>
internal static class CartForm
{
    public static string NameOf(CartKey key) => string.Create(CultureInfo.InvariantCulture, $"{key.Territory}/{key.UserId:n}");

    /// <summary>The key that was written down; null if it isn't one.</summary>
    public static CartKey? TryReadKey(string name) =>
        name.IndexOf('/', StringComparison.Ordinal) is var at && at > 0 && Territory.TryParse(name[..at], provider: null, out var territory) && Guid.TryParseExact(name.AsSpan(at + 1), "n", out var user)
            ? new CartKey(territory, user)
            : null;

    /// <exception cref="RedisFaultException">It isn't what this library writes.</exception>
    public static CartContent ContentOf(KeyValueEntry entry) =>
        TryReadContent(entry) ?? throw new RedisFaultException(RedisFaultKind.Malformed, WriteDisposition.NotApplied, "A cart isn't as this library writes it.");

    /// <summary>What is in it; null if it isn't what this library writes.</summary>
    public static CartContent? TryReadContent(KeyValueEntry entry)
    {
        try
        {
            var content = JsonSerializer.Deserialize(entry.Value.Span, CartJson.Default.CartContent);
            return content is { Lines: { } lines, Erased: var erased }
                && lines.All(static line => line is { Sku: not null, Stamp: { } stamp } && CartLines.IsStamp(stamp))
                && (erased is null || CartLines.IsStamp(erased))
                    ? content
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static CartContent ContentOf(Cart? row) => row is null ? CartContent.Empty : new(row.History, row.Erased);

    public static byte[] BytesOf(CartContent content) => JsonSerializer.SerializeToUtf8Bytes(content, CartJson.Default.CartContent);

    /// <summary>The cart as of now, in the microseconds that PostgreSQL keeps.</summary>
    public static Cart Of(CartKey key, CartContent content, DateTimeOffset now) =>
        new() { Key = key, History = content.Lines, Erased = content.Erased, UpdatedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)) };
}
