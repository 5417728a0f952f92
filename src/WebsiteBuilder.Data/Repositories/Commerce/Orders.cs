using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>
/// Places orders and moves them on, each step with its stock and money in one transaction: placed → paid → shipped → delivered; placed → cancelled; paid, shipped and delivered → refunded.
/// As thread-safe as its session is.
/// </summary>
/// <remarks>
/// A step to where the order stands already does nothing and succeeds, so each may be called again after an <see cref="AmbiguousWriteException"/>. A step that isn't allowed is a
/// <see cref="ConflictException"/> (<see cref="ConflictKind.Constraint"/>, <c>orders_status_transition</c>), because what is stored stands in its way; the database says the same to any other writer.
/// A step locks the order, then its articles in the order of their names.
/// </remarks>
/// <param name="session">The session that sees what was done.</param>
/// <param name="time">The clock for the times that are stored.</param>
public sealed class Orders(IDataSession session, TimeProvider time)
{
    /// <summary>The most lines of one order.</summary>
    public const int MaxLines = 200;

    private const string Transition = "orders_status_transition";

    private readonly Inventory _inventory = new(session, time);

    /// <summary>Whether an order may go from one status to another. None may stay as it is.</summary>
    public static bool MayGo(OrderStatus from, OrderStatus to) => (from, to) is
        (OrderStatus.Placed, OrderStatus.Paid or OrderStatus.Cancelled)
        or (OrderStatus.Paid, OrderStatus.Shipped or OrderStatus.Refunded)
        or (OrderStatus.Shipped, OrderStatus.Delivered or OrderStatus.Refunded)
        or (OrderStatus.Delivered, OrderStatus.Refunded);

    /// <summary>
    /// Stores the order and its lines, reserves their stock and notes the charge as pending: all of it, or nothing. The order's key makes it idempotent, for as long as the order is kept: the same
    /// order placed again, at the same time or later, by any process, is placed once, and each call succeeds.
    /// </summary>
    /// <param name="order">The order: its status is <see cref="OrderStatus.Placed"/>, its total the sum of lines and charges.</param>
    /// <param name="lines">Its lines, 1 to <see cref="MaxLines"/>.</param>
    /// <param name="charge">The charge: pending, of the order's user and total. <see langword="null"/> for an order that costs nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">
    /// There isn't enough stock (<c>inventory_levels_reserved_check</c>); an article isn't there (<see cref="ConflictKind.NotFound"/>); another order has the key
    /// (<see cref="ConflictKind.AlreadyExists"/>, <c>orders_pkey</c>); or the user isn't there (<c>orders_user_id_fkey</c>).
    /// </exception>
    /// <exception cref="ArgumentException">Order, lines and charge don't belong together, or the sum is wrong.</exception>
    public async Task<WriteResult> PlaceAsync(
        Order order, IReadOnlyCollection<OrderLine> lines, FinancialTransaction? charge, CancellationToken cancellationToken = default)
    {
        RequireSound(order, lines, charge);
        try
        {
            return await RunAsync(
                order.Key,
                async (unit, token) =>
                {
                    if (await unit.Repository<Order, OrderKey>().FindAsync(order.Key, RowLock.None, token).ConfigureAwait(false) is { } placed)
                    {
                        await RequireSameAsync(unit, placed, order, lines, token).ConfigureAwait(false);
                        return;
                    }

                    unit.Repository<Order, OrderKey>().Insert(order);
                    foreach (var line in lines)
                    {
                        unit.Repository<OrderLine, OrderLineKey>().Insert(line);
                    }

                    if (charge is not null)
                    {
                        unit.Repository<FinancialTransaction, FinancialTransactionKey>().Insert(charge);
                    }

                    await _inventory.ReserveAsync(unit, order.Key.Territory, Quantities(lines), token).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (ConflictException conflict) when (conflict is { Kind: ConflictKind.AlreadyExists, Constraint: "orders_pkey" })
        {
            // Another call came first, a moment ago. If it placed this order, it is placed.
            return await RunAsync(
                order.Key,
                async (unit, token) => await RequireSameAsync(
                    unit,
                    await unit.Repository<Order, OrderKey>().FindAsync(order.Key, RowLock.None, token).ConfigureAwait(false)
                        ?? throw Contradiction.NotFound("orders.place"),
                    order,
                    lines,
                    token).ConfigureAwait(false),
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The payment arrived: the charge has succeeded and the order is paid.</summary>
    /// <param name="key">The order.</param>
    /// <param name="charge">Its pending charge; <see langword="null"/> for an order that costs nothing.</param>
    /// <param name="providerReference">The provider's name for the payment, if it has one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">The order or charge isn't there, or the order can't be paid as it stands, or the charge has failed (<c>financial_transactions_fixed</c>).</exception>
    public Task<WriteResult> PayAsync(OrderKey key, Guid? charge, string? providerReference = null, CancellationToken cancellationToken = default) => StepAsync(
        key,
        OrderStatus.Paid,
        "orders.pay",
        (unit, order, token) => charge is { } id
            ? SettleAsync(unit, order, new FinancialTransactionKey(key.Territory, id), providerReference, token)
            : order.Total.MinorUnits == 0 ? Task.CompletedTask : throw new ArgumentNullException(nameof(charge)),
        cancellationToken);

    /// <summary>The order left: what was reserved for it is taken out of the stock.</summary>
    /// <param name="key">The order.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">The order isn't there, or can't be shipped as it stands.</exception>
    public Task<WriteResult> ShipAsync(OrderKey key, CancellationToken cancellationToken = default) => StepAsync(
        key,
        OrderStatus.Shipped,
        "orders.ship",
        async (unit, order, token) => await _inventory.CommitAsync(unit, key.Territory, await QuantitiesAsync(unit, order, token).ConfigureAwait(false), token).ConfigureAwait(false),
        cancellationToken);

    /// <summary>The order arrived.</summary>
    /// <param name="key">The order.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">The order isn't there, or can't be delivered as it stands.</exception>
    public Task<WriteResult> DeliverAsync(OrderKey key, CancellationToken cancellationToken = default) =>
        StepAsync(key, OrderStatus.Delivered, "orders.deliver", static (_, _, _) => Task.CompletedTask, cancellationToken);

    /// <summary>The order is given up before it was paid: its stock is released, its pending charges have failed.</summary>
    /// <param name="key">The order.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">The order isn't there, or can't be cancelled as it stands.</exception>
    public Task<WriteResult> CancelAsync(OrderKey key, CancellationToken cancellationToken = default) => StepAsync(
        key,
        OrderStatus.Cancelled,
        "orders.cancel",
        async (unit, order, token) =>
        {
            var transactions = unit.Repository<FinancialTransaction, FinancialTransactionKey>();
            var pending = Query.All<FinancialTransaction>().In(key.Territory)
                .Where(FinancialTransactionMap.OrderId, Comparison.Equal, key.Id)
                .Where(FinancialTransactionMap.Status, FinancialTransactionStatus.Pending);
            foreach (var charge in await transactions.QueryAsync(pending, RowLock.Update, token).ConfigureAwait(false))
            {
                transactions.Update(charge with { Status = FinancialTransactionStatus.Failed, SettledAt = time.Now() }, charge.Version);
            }

            await _inventory.ReleaseAsync(unit, key.Territory, await QuantitiesAsync(unit, order, token).ConfigureAwait(false), token).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>
    /// The money goes back. What was still reserved is released; what had been shipped isn't in the stock, and comes back by <see cref="Inventory.ReceiveAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/> if it does.
    /// </summary>
    /// <param name="key">The order.</param>
    /// <param name="refund">The refund, which is stored: of the order's user and at most its total. <see langword="null"/> for an order that cost nothing.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">The order isn't there, can't be refunded as it stands, or the refund's key is taken.</exception>
    /// <exception cref="ArgumentException">The refund isn't one of this order.</exception>
    public Task<WriteResult> RefundAsync(OrderKey key, FinancialTransaction? refund, CancellationToken cancellationToken = default) => StepAsync(
        key,
        OrderStatus.Refunded,
        "orders.refund",
        async (unit, order, token) =>
        {
            if (refund is not null)
            {
                RequireMoneyOf(order, refund, FinancialTransactionKind.Refund, nameof(refund));
                unit.Repository<FinancialTransaction, FinancialTransactionKey>().Insert(refund);
            }
            else if (order.Total.MinorUnits != 0)
            {
                throw new ArgumentNullException(nameof(refund));
            }

            if (order.Status == OrderStatus.Paid)
            {
                await _inventory.ReleaseAsync(unit, key.Territory, await QuantitiesAsync(unit, order, token).ConfigureAwait(false), token).ConfigureAwait(false);
            }
        },
        cancellationToken);

    private static void RequireSound(Order order, IReadOnlyCollection<OrderLine> lines, FinancialTransaction? charge)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(lines);
        if (order.Status != OrderStatus.Placed)
        {
            throw new ArgumentException("An order is placed as placed.", nameof(order));
        }

        if (lines.Count is < 1 or > MaxLines || lines.Any(line => line.Key.Order != order.Key))
        {
            throw new ArgumentException($"An order has 1 to {MaxLines} lines, each with the order's key.", nameof(lines));
        }

        if (lines.Aggregate(new Money(order.ChargesMinorUnits, order.Total.Currency), static (sum, line) => sum + (line.UnitPrice * line.Quantity)) != order.Total)
        {
            throw new ArgumentException("The total must be the sum of lines and charges.", nameof(order));
        }

        if (charge is null ? order.Total.MinorUnits != 0 : charge.Amount != order.Total || charge.Status != FinancialTransactionStatus.Pending)
        {
            throw new ArgumentException("The charge must be pending, and its amount the order's total.", nameof(charge));
        }

        if (charge is not null)
        {
            RequireMoneyOf(order, charge, FinancialTransactionKind.Charge, nameof(charge));
        }
    }

    private static void RequireMoneyOf(Order order, FinancialTransaction transaction, FinancialTransactionKind kind, string parameter)
    {
        if (transaction.Key.Territory != order.Key.Territory || transaction.OrderId != order.Key.Id || transaction.UserId != order.UserId
            || transaction.Kind != kind || transaction.Amount.Currency != order.Total.Currency || transaction.Amount.MinorUnits > order.Total.MinorUnits)
        {
            throw new ArgumentException("The financial transaction must be of this order, its user, its currency, and at most its total.", parameter);
        }
    }

    /// <summary>What was placed earlier may have gone on since, but must be the same purchase.</summary>
    private static async Task RequireSameAsync(IUnitOfWork unit, Order placed, Order order, IReadOnlyCollection<OrderLine> lines, CancellationToken cancellationToken)
    {
        var stored = await LinesAsync(unit, order.Key, cancellationToken).ConfigureAwait(false);
        if (placed.UserId != order.UserId || placed.Total != order.Total || !stored.Select(Bought).SequenceEqual(lines.OrderBy(static line => line.Key.LineNumber).Select(Bought)))
        {
            throw new ConflictException("Another order has the key.", ConflictKind.AlreadyExists) { Constraint = "orders_pkey", Operation = "orders.place" };
        }

        static (int Number, string Sku, int Quantity, Money Price) Bought(OrderLine line) => (line.Key.LineNumber, line.Sku, line.Quantity, line.UnitPrice);
    }

    private static StockQuantity[] Quantities(IEnumerable<OrderLine> lines) => [.. lines.Select(static line => new StockQuantity(line.Sku, line.Quantity))];

    private static ValueTask<IReadOnlyList<OrderLine>> LinesAsync(IUnitOfWork unit, OrderKey key, CancellationToken cancellationToken) =>
        unit.Repository<OrderLine, OrderLineKey>().QueryAsync(
            Query.All<OrderLine>().In(key.Territory).Where(OrderLineMap.OrderId, Comparison.Equal, key.Id).OrderBy(OrderLineMap.LineNumber),
            RowLock.None,
            cancellationToken);

    private static async Task<StockQuantity[]> QuantitiesAsync(IUnitOfWork unit, Order order, CancellationToken cancellationToken) =>
        Quantities(await LinesAsync(unit, order.Key, cancellationToken).ConfigureAwait(false));

    private async Task SettleAsync(IUnitOfWork unit, Order order, FinancialTransactionKey key, string? providerReference, CancellationToken cancellationToken)
    {
        var transactions = unit.Repository<FinancialTransaction, FinancialTransactionKey>();
        var charge = await transactions.FindAsync(key, RowLock.Update, cancellationToken).ConfigureAwait(false);
        if (charge is null || charge.OrderId != order.Key.Id || charge.Kind != FinancialTransactionKind.Charge)
        {
            throw Contradiction.NotFound("orders.pay");
        }

        transactions.Update(
            charge with
            {
                Status = FinancialTransactionStatus.Succeeded,
                SettledAt = time.Now(),
                ProviderReference = providerReference ?? charge.ProviderReference,
            },
            charge.Version);
    }

    private Task<WriteResult> StepAsync(
        OrderKey key, OrderStatus to, string operation, Func<IUnitOfWork, Order, CancellationToken, Task> step, CancellationToken cancellationToken) => RunAsync(
        key,
        async (unit, token) =>
        {
            var orders = unit.Repository<Order, OrderKey>();
            var order = await orders.FindAsync(key, RowLock.Update, token).ConfigureAwait(false) ?? throw Contradiction.NotFound(operation);
            if (order.Status == to)
            {
                return;
            }

            if (!MayGo(order.Status, to))
            {
                throw Contradiction.Of(Transition, "The order can't go there from where it stands.", operation);
            }

            await step(unit, order, token).ConfigureAwait(false);
            orders.Update(order with { Status = to, UpdatedAt = time.Now() }, order.Version);
        },
        cancellationToken);

    private Task<WriteResult> RunAsync(OrderKey key, Func<IUnitOfWork, CancellationToken, Task> body, CancellationToken cancellationToken) =>
        session.RunUnitOfWorkAsync(OrderMap.Map.Table, body, new UnitOfWorkOptions { ReplaySafe = true }, key.Territory, cancellationToken);
}
