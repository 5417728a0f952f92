using System.Text.Json;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of an order.</summary>
/// <param name="Territory">The buyer's territory.</param>
/// <param name="Id">Which one. It also names the attempt to place it: placed again under the same id, it is placed once.</param>
public readonly record struct OrderKey(Territory Territory, Guid Id);

/// <summary>How an order stands. <see cref="Orders"/> says which way it may go, and the database refuses any other (<c>orders_status_transition</c>).</summary>
public enum OrderStatus
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>Its stock is reserved, its payment is pending.</summary>
    Placed = 1,

    /// <summary>It is paid.</summary>
    Paid = 2,

    /// <summary>It has left the stock.</summary>
    Shipped = 3,

    /// <summary>It has arrived.</summary>
    Delivered = 4,

    /// <summary>It was given up before it was paid.</summary>
    Cancelled = 5,

    /// <summary>The money was given back.</summary>
    Refunded = 6,
}

/// <summary>An order. A user who has ordered can't be deleted (<c>orders_user_id_fkey</c>).</summary>
public sealed record Order
{
    /// <summary>The key.</summary>
    public required OrderKey Key { get; init; }

    /// <summary>The id of the buyer, who is in the same territory.</summary>
    public required Guid UserId { get; init; }

    /// <summary>How it stands. Default: <see cref="OrderStatus.Placed"/>.</summary>
    public OrderStatus Status { get; init; } = OrderStatus.Placed;

    /// <summary>What comes on top of the lines, such as shipping and tax, or is taken off, if negative; in the minor units of the total's currency. Default: 0.</summary>
    public long ChargesMinorUnits { get; init; }

    /// <summary>What is to be paid, 0 or more: the lines and the charges.</summary>
    public required Money Total { get; init; }

    /// <summary>The address as JSON.</summary>
    public JsonElement? ShippingAddress { get; init; }

    /// <summary>When it was placed. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last changed its status.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How orders are stored: the table <c>orders</c>.</summary>
public static class OrderMap
{
    /// <summary>Money: read at the primary, written to the synchronous standbys.</summary>
    public static EntityPolicy Policy => EntityPolicy.Critical;

    /// <summary>The map.</summary>
    public static EntityMap<Order, OrderKey> Map { get; } = EntityMap.Create<Order, OrderKey>("orders", static order => order.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static order => order.Key.Id, static key => key.Id);
        var user = map.Column("user_id", static order => order.UserId);
        var status = map.Column("status", static order => EnumColumns.Text(order.Status));
        var charges = map.Column("charges_minor", static order => order.ChargesMinorUnits);
        var total = map.Column("total_minor", static order => order.Total.MinorUnits);
        var currency = map.Column("currency", static order => order.Total.Currency);
        var address = map.Json("shipping_address", static order => order.ShippingAddress, DomainJson.Default.NullableJsonElement);
        var created = map.Column("created_at", static order => order.CreatedAt);
        var updated = map.Column("updated_at", static order => order.UpdatedAt);
        var version = map.Version("version", static order => order.Version);
        return row => new Order
        {
            Key = new OrderKey(row.Territory, row.Get(id)),
            UserId = row.Get(user),
            Status = EnumColumns.Value<OrderStatus>(row.Get(status)),
            ChargesMinorUnits = row.Get(charges),
            Total = new Money(row.Get(total), row.Get(currency)),
            ShippingAddress = row.Get(address),
            CreatedAt = row.Get(created),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });

    /// <summary>The buyer, for queries.</summary>
    public static EntityColumn<Order, Guid> UserId { get; } = Map.Id("user_id");

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<Order, string> Status { get; } = Map.Text("status");

    /// <summary>When it was placed, for queries.</summary>
    public static EntityColumn<Order, DateTimeOffset> CreatedAt { get; } = Map.Time("created_at");
}
