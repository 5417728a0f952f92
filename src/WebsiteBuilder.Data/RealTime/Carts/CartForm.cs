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

    public static IReadOnlyList<CartLine> LinesOf(KeyValueEntry entry) => JsonSerializer.Deserialize(entry.Value.Span, CartJson.Default.IReadOnlyListCartLine) ?? [];

    public static byte[] BytesOf(IReadOnlyList<CartLine> lines) => JsonSerializer.SerializeToUtf8Bytes(lines, CartJson.Default.IReadOnlyListCartLine);

    /// <summary>The cart as of now, in the microseconds that PostgreSQL keeps.</summary>
    public static Cart Of(CartKey key, IReadOnlyList<CartLine> lines, DateTimeOffset now) =>
        new() { Key = key, History = lines, UpdatedAt = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)) };
}
