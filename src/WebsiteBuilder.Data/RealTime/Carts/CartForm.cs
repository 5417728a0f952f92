using System.Globalization;
using System.Text.Json;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>How carts are written down in Redis.</summary>
internal static class CartForm
{
    public static string NameOf(CartKey key) => string.Create(CultureInfo.InvariantCulture, $"{key.Territory}/{key.UserId:n}");

    public static CartKey KeyOf(string name)
    {
        var at = name.IndexOf('/', StringComparison.Ordinal);
        return new CartKey(Territory.Parse(name[..at]), Guid.ParseExact(name.AsSpan(at + 1), "n"));
    }

    /// <exception cref="RedisFaultException">It isn't what this library writes.</exception>
    public static CartContent ContentOf(KeyValueEntry entry)
    {
        try
        {
            return JsonSerializer.Deserialize(entry.Value.Span, CartJson.Default.CartContent) is { Lines: { } lines } content && lines.All(static line => line is { Sku: not null, Stamp: not null })
                ? content
                : throw new JsonException();
        }
        catch (JsonException error)
        {
            throw new RedisFaultException(RedisFaultKind.Malformed, WriteDisposition.NotApplied, "A cart isn't as this library writes it.", error);
        }
    }

    public static CartContent ContentOf(Cart? row) => row is null ? CartContent.Empty : new(row.History, row.Erased);

    public static byte[] BytesOf(CartContent content) => JsonSerializer.SerializeToUtf8Bytes(content, CartJson.Default.CartContent);

    /// <summary>The cart as of now, in the microseconds that PostgreSQL keeps.</summary>
    public static Cart Of(CartKey key, CartContent content, DateTimeOffset now) =>
        new() { Key = key, History = content.Lines, Erased = content.Erased, UpdatedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)) };
}
