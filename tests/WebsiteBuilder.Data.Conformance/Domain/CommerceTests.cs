namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>Stock, orders and money against a real server.</summary>
[Collection(DomainTier.Collection)]
public sealed class CommerceTests(DomainTier tier)
{
    private readonly IDataSession _session = tier.Client.OpenSession();

    private Inventory Stock => new(_session, TimeProvider.System);

    private Orders Ordering => new(_session, TimeProvider.System);

    private IRepository<InventoryLevel, InventoryKey> Levels => _session.Repository<InventoryLevel, InventoryKey>();

    [Fact]
    public async Task Sixteen_buyers_never_get_more_than_there_is()
    {
        const int OnHand = 100;
        var key = await tier.NewStockAsync(_session, OnHand);

        var sold = await Task.WhenAll(Enumerable.Range(0, 16).Select(async buyer =>
        {
            var stock = new Inventory(tier.Client.OpenSession(), TimeProvider.System);
            for (var got = 0L; ; got++)
            {
                try
                {
                    await stock.ReserveAsync(tier.Home, [new StockQuantity(key.Sku, 1)]);
                }
                catch (ConflictException conflict)
                {
                    Assert.Equal(
                        (ConflictKind.Constraint, "inventory_levels_reserved_check", "inventory.reserve", WriteDisposition.NotApplied),
                        (conflict.Kind, conflict.Constraint, conflict.Operation, conflict.Disposition));
                    return got;
                }
            }
        }));

        Assert.Equal(OnHand, sold.Sum());
        var level = (await Levels.FindAsync(key)).Value!;
        Assert.Equal((OnHand, OnHand, 0L), (level.OnHand, level.Reserved, level.Available));
    }

    [Fact]
    public async Task Buyers_of_the_same_articles_in_any_order_do_not_stop_each_other()
    {
        var (one, other) = (await tier.NewStockAsync(_session, 1_000), await tier.NewStockAsync(_session, 1_000));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async buyer =>
        {
            var stock = new Inventory(tier.Client.OpenSession(), TimeProvider.System);
            StockQuantity[] wanted = [new(one.Sku, 1), new(other.Sku, 2)];
            for (var i = 0; i < 5; i++)
            {
                await stock.ReserveAsync(tier.Home, buyer % 2 == 0 ? wanted : [.. wanted.Reverse()]);
            }
        }));

        Assert.Equal((40L, 80L), ((await Levels.FindAsync(one)).Value!.Reserved, (await Levels.FindAsync(other)).Value!.Reserved));
    }

    [Fact]
    public async Task What_is_reserved_is_released_or_taken_out_and_never_more()
    {
        var key = await tier.NewStockAsync(_session, 10);
        StockQuantity[] five = [new(key.Sku, 2), new(key.Sku, 3)];

        await Stock.ReserveAsync(tier.Home, five, "a");
        await Stock.ReserveAsync(tier.Home, five, "a");
        Assert.Equal(5, (await Levels.FindAsync(key)).Value!.Reserved);
        await Stock.CommitAsync(tier.Home, [new(key.Sku, 4)]);
        await Stock.ReleaseAsync(tier.Home, [new(key.Sku, 1)]);
        await Stock.ReceiveAsync(tier.Home, [new(key.Sku, 20)]);
        var level = (await Levels.FindAsync(key)).Value!;
        Assert.Equal((26L, 0L), (level.OnHand, level.Reserved));

        await Assert.ThrowsAsync<ConflictException>(() => Stock.CommitAsync(tier.Home, [new(key.Sku, 1)]));
        await Assert.ThrowsAsync<ConflictException>(() => Stock.ReleaseAsync(tier.Home, [new(key.Sku, 1)]));
        var missing = await Assert.ThrowsAsync<ConflictException>(() => Stock.ReserveAsync(tier.Home, [new(key.Sku, 1), new("missing", 1)]));
        Assert.Equal(ConflictKind.NotFound, missing.Kind);
        Assert.Equal(0, (await Levels.FindAsync(key)).Value!.Reserved);
        await Assert.ThrowsAsync<ArgumentException>(() => Stock.ReserveAsync(tier.Home, []));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Stock.ReserveAsync(tier.Home, [new(key.Sku, 0)]));

        // Whoever writes past the operations is stopped by the database.
        var past = await Assert.ThrowsAsync<ConflictException>(() => Levels.UpdateAsync(level with { Reserved = 27 }));
        Assert.Equal("inventory_levels_reserved_check", past.Constraint);
    }

    [Fact]
    public async Task Of_many_orders_for_the_last_pieces_as_many_are_placed_and_the_others_leave_nothing()
    {
        var user = await tier.NewUserAsync(_session);
        var key = await tier.NewStockAsync(_session, 5);
        var purchases = Enumerable.Range(0, 12).Select(_ => NewPurchase(user, key)).ToArray();

        var placed = await Task.WhenAll(purchases.Select(async purchase =>
        {
            try
            {
                await new Orders(tier.Client.OpenSession(), TimeProvider.System).PlaceAsync(purchase.Order, purchase.Lines, purchase.Charge);
                return true;
            }
            catch (ConflictException conflict) when (conflict.Constraint == "inventory_levels_reserved_check")
            {
                return false;
            }
        }));

        Assert.Equal(5, placed.Count(static yes => yes));
        Assert.Equal(5, (await Levels.FindAsync(key)).Value!.Reserved);
        Assert.Equal(
            (5L, 5L, 5L),
            (await tier.ScalarAsync<long>($"SELECT count(*) FROM orders WHERE user_id = '{user.Key.Id}'"),
            await tier.ScalarAsync<long>($"SELECT count(*) FROM order_lines WHERE sku = '{key.Sku}'"),
            await tier.ScalarAsync<long>($"SELECT count(*) FROM financial_transactions WHERE user_id = '{user.Key.Id}' AND status = 'pending'")));
    }

    [Fact]
    public async Task An_order_placed_many_times_at_once_and_again_is_placed_once()
    {
        var user = await tier.NewUserAsync(_session);
        var key = await tier.NewStockAsync(_session, 100);
        var purchase = NewPurchase(user, key);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => new Orders(tier.Client.OpenSession(), TimeProvider.System).PlaceAsync(purchase.Order, purchase.Lines, purchase.Charge)));
        await Ordering.PayAsync(purchase.Order.Key, purchase.Charge.Key.Id);
        await Ordering.PlaceAsync(purchase.Order, purchase.Lines, purchase.Charge);

        Assert.Equal(1, (await Levels.FindAsync(key)).Value!.Reserved);
        Assert.Equal(OrderStatus.Paid, await StatusAsync(purchase.Order.Key));
        var other = NewPurchase(user, key, quantity: 2, id: purchase.Order.Key);
        var reused = await Assert.ThrowsAsync<ConflictException>(() => Ordering.PlaceAsync(other.Order, other.Lines, other.Charge));
        Assert.Equal((ConflictKind.AlreadyExists, "orders_pkey"), (reused.Kind, reused.Constraint));
    }

    [Fact]
    public async Task An_order_goes_its_way_with_its_stock_and_money()
    {
        var user = await tier.NewUserAsync(_session);
        var key = await tier.NewStockAsync(_session, 10);
        var (sent, dropped, returned) = (NewPurchase(user, key, 3), NewPurchase(user, key, 2), NewPurchase(user, key, 1));
        foreach (var (order, lines, charge) in new[] { sent, dropped, returned })
        {
            await Ordering.PlaceAsync(order, lines, charge);
        }

        var early = await Assert.ThrowsAsync<ConflictException>(() => Ordering.ShipAsync(sent.Order.Key));
        Assert.Equal((ConflictKind.Constraint, "orders_status_transition", "orders.ship"), (early.Kind, early.Constraint, early.Operation));
        await Ordering.PayAsync(sent.Order.Key, sent.Charge.Key.Id, $"ref-{sent.Order.Key.Id}");
        await Ordering.PayAsync(sent.Order.Key, sent.Charge.Key.Id, $"ref-{sent.Order.Key.Id}");
        await Ordering.ShipAsync(sent.Order.Key);
        await Ordering.ShipAsync(sent.Order.Key);
        await Ordering.DeliverAsync(sent.Order.Key);
        await Ordering.CancelAsync(dropped.Order.Key);
        await Assert.ThrowsAsync<ConflictException>(() => Ordering.PayAsync(dropped.Order.Key, dropped.Charge.Key.Id));
        await Ordering.PayAsync(returned.Order.Key, returned.Charge.Key.Id);
        var refund = returned.Charge with { Key = new FinancialTransactionKey(tier.Home, Guid.NewGuid()), Kind = FinancialTransactionKind.Refund };
        await Ordering.RefundAsync(returned.Order.Key, refund);
        await Ordering.RefundAsync(returned.Order.Key, refund);

        var level = (await Levels.FindAsync(key)).Value!;
        Assert.Equal((7L, 0L), (level.OnHand, level.Reserved));
        Assert.Equal(
            [OrderStatus.Delivered, OrderStatus.Cancelled, OrderStatus.Refunded],
            [await StatusAsync(sent.Order.Key), await StatusAsync(dropped.Order.Key), await StatusAsync(returned.Order.Key)]);
        var money = _session.Repository<FinancialTransaction, FinancialTransactionKey>();
        Assert.Equal(
            [FinancialTransactionStatus.Succeeded, FinancialTransactionStatus.Failed, FinancialTransactionStatus.Succeeded, FinancialTransactionStatus.Pending],
            [
                (await money.FindAsync(sent.Charge.Key)).Value!.Status, (await money.FindAsync(dropped.Charge.Key)).Value!.Status,
                (await money.FindAsync(returned.Charge.Key)).Value!.Status, (await money.FindAsync(refund.Key)).Value!.Status,
            ]);
        var missing = await Assert.ThrowsAsync<ConflictException>(() => Ordering.DeliverAsync(new OrderKey(tier.Home, Guid.NewGuid())));
        Assert.Equal(ConflictKind.NotFound, missing.Kind);
    }

    [Fact]
    public async Task The_database_allows_exactly_the_ways_that_orders_may_go()
    {
        var user = await tier.NewUserAsync(_session);
        var orders = _session.Repository<Order, OrderKey>();
        var all = Enum.GetValues<OrderStatus>().Skip(1).ToArray();
        foreach (var from in all)
        {
            foreach (var to in all)
            {
                var order = new Order
                {
                    Key = new OrderKey(tier.Home, Guid.NewGuid()),
                    UserId = user.Key.Id,
                    Status = from,
                    Total = new Money(0, "USD"),
                    CreatedAt = DomainTier.Noon,
                    UpdatedAt = DomainTier.Noon,
                };
                await orders.InsertAsync(order);
                var refused = await Record.ExceptionAsync(() => orders.UpdateAsync(order with { Status = to }));
                Assert.Equal(from == to || Orders.MayGo(from, to), refused is null);
                Assert.Equal(refused is null ? null : "orders_status_transition", (refused as ConflictException)?.Constraint);
            }
        }
    }

    private async Task<OrderStatus> StatusAsync(OrderKey key) => (await _session.Repository<Order, OrderKey>().FindAsync(key)).Value!.Status;

    private static (Order Order, OrderLine[] Lines, FinancialTransaction Charge) NewPurchase(User user, InventoryKey article, int quantity = 1, OrderKey? id = null)
    {
        var key = id ?? new OrderKey(user.Key.Territory, Guid.NewGuid());
        var total = new Money((quantity * 1_999) + 250, "USD");
        return (
            new Order { Key = key, UserId = user.Key.Id, ChargesMinorUnits = 250, Total = total, CreatedAt = DomainTier.Noon, UpdatedAt = DomainTier.Noon },
            [new OrderLine { Key = new OrderLineKey(key, 1), Sku = article.Sku, Quantity = quantity, UnitPrice = new Money(1_999, "USD") }],
            new FinancialTransaction
            {
                Key = new FinancialTransactionKey(key.Territory, Guid.NewGuid()),
                UserId = user.Key.Id,
                OrderId = key.Id,
                Kind = FinancialTransactionKind.Charge,
                Amount = total,
                Provider = "p",
                CreatedAt = DomainTier.Noon,
            });
    }
}
