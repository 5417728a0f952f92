using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data;

/// <summary>The key of a shopping cart: its user's.</summary>
/// <param name="Territory">The user's territory.</param>
/// <param name="UserId">Whose it is.</param>
public readonly record struct CartKey(Territory Territory, Guid UserId);

/// <summary>What is known last of one article in a cart.</summary>
/// <param name="Sku">The article: 1 to 64 characters.</param>
/// <param name="Quantity">How many: 0 if it was taken out, which is remembered for a while.</param>
/// <param name="Stamp">When and where that was said; of two lines of one article the one with the greater stamp stays.</param>
public sealed record CartLine(string Sku, int Quantity, string Stamp);

/// <summary>A shopping cart.</summary>
public sealed record Cart
{
    /// <summary>The key.</summary>
    public required CartKey Key { get; init; }

    /// <summary>One line for each article that was ever put in, those taken out included, in the order of articles.</summary>
    public required IReadOnlyList<CartLine> History { get; init; }

    /// <summary>What is in it, in the order of articles.</summary>
    public IEnumerable<CartLine> Lines => History.Where(static line => line.Quantity > 0);

    /// <summary>The stamp up to which all lines are gone, whoever brings them; null if it was never cleared or erased. It only grows.</summary>
    public string? Erased { get; init; }

    /// <summary>When it was last changed, as it is stored in PostgreSQL.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version of the row in PostgreSQL, 0 if it was read elsewhere; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How carts are stored in PostgreSQL: the table <c>carts</c>.</summary>
/// <remarks>
/// Whoever deletes a row, the database remembers it (<c>wbd.erased_cart</c>), and takes in again only lines later than the latest that the row had and later than the deletion, by the server's clock. A change
/// made before the deletion by a process whose clock is ahead of that one may so come back, and so does a cart that was never brought: <see cref="RedisCarts.EraseAsync"/> leaves no such gap.
/// </remarks>
public static class CartMap
{
    /// <summary>A session sees what it did.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<Cart, CartKey> Map { get; } = EntityMap.Create<Cart, CartKey>("carts", static cart => cart.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var user = map.Key("user_id", static cart => cart.Key.UserId, static key => key.UserId);
        var lines = map.Json("lines", static cart => cart.History, CartJson.Default.IReadOnlyListCartLine);
        var erased = map.Column("erased", static cart => cart.Erased);
        var updated = map.Column("updated_at", static cart => cart.UpdatedAt);
        var version = map.Version("version", static cart => cart.Version);
        return row => new Cart
        {
            Key = new CartKey(row.Territory, row.Get(user)),
            History = row.Get(lines),
            Erased = row.Get(erased),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IReadOnlyList<CartLine>))]
[JsonSerializable(typeof(RealTime.CartContent))]
internal sealed partial class CartJson : JsonSerializerContext;
