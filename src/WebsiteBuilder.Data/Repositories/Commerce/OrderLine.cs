using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of an order's line.</summary>
/// <param name="Order">The order.</param>
/// <param name="LineNumber">Its number within the order, from 1.</param>
public readonly record struct OrderLineKey(OrderKey Order, int LineNumber);

/// <summary>One article of an order. It goes when its order goes.</summary>
public sealed record OrderLine
{
    /// <summary>The key.</summary>
    public required OrderLineKey Key { get; init; }

    /// <summary>The article, 1 to 64 characters. It may be gone from the stock since.</summary>
    public required string Sku { get; init; }

    /// <summary>What it was called, 500 characters at most.</summary>
    public string? Description { get; init; }

    /// <summary>How many pieces, 1 or more.</summary>
    public required int Quantity { get; init; }

    /// <summary>The price of one piece, 0 or more, in the order's currency (<c>order_lines_order_id_fkey</c>).</summary>
    public required Money UnitPrice { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How lines of orders are stored: the table <c>order_lines</c>.</summary>
public static class OrderLineMap
{
    /// <summary>Money: read at the primary, written to the synchronous standbys.</summary>
    public static EntityPolicy Policy => EntityPolicy.Critical;

    /// <summary>The map.</summary>
    public static EntityMap<OrderLine, OrderLineKey> Map { get; } = EntityMap.Create<OrderLine, OrderLineKey>("order_lines", static line => line.Key, static map =>
    {
        map.Territory(static key => key.Order.Territory);
        var order = map.Key("order_id", static line => line.Key.Order.Id, static key => key.Order.Id);
        var number = map.Key("line_number", static line => line.Key.LineNumber, static key => key.LineNumber);
        var sku = map.Column("sku", static line => line.Sku);
        var description = map.Column("description", static line => line.Description);
        var quantity = map.Column("quantity", static line => line.Quantity);
        var price = map.Column("unit_price_minor", static line => line.UnitPrice.MinorUnits);
        var currency = map.Column("currency", static line => line.UnitPrice.Currency);
        var version = map.Version("version", static line => line.Version);
        return row => new OrderLine
        {
            Key = new OrderLineKey(new OrderKey(row.Territory, row.Get(order)), row.Get(number)),
            Sku = row.Get(sku),
            Description = row.Get(description),
            Quantity = row.Get(quantity),
            UnitPrice = new Money(row.Get(price), row.Get(currency)),
            Version = row.Get(version),
        };
    });

    /// <summary>The order, for queries.</summary>
    public static EntityColumn<OrderLine, Guid> OrderId { get; } = Map.Id("order_id");

    /// <summary>The number within the order, for queries.</summary>
    public static EntityColumn<OrderLine, int> LineNumber { get; } = Map.Column<OrderLine, OrderLineKey, int>("line_number");
}
