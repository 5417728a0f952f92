using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>So many pieces of an article.</summary>
/// <param name="Sku">The article, 1 to 64 characters.</param>
/// <param name="Quantity">How many pieces, 1 or more.</param>
public readonly record struct StockQuantity(string Sku, long Quantity);

/// <summary>
/// Reserves, releases and takes out stock, so that no more is promised than there is. As thread-safe as its session is.
/// </summary>
/// <remarks>
/// Stock levels are read under a row lock, in the order of their articles' names, so callers wait for each other and neither oversell nor deadlock; each article costs one round trip
/// within the transaction, and a popular one is changed as often as a commit takes. The database refuses what would oversell whoever writes it (<c>inventory_levels_reserved_check</c>).
/// Each member runs a unit of work of its own; the overloads that take an <see cref="IUnitOfWork"/> do the same within it, and throw into it: let that pass.
/// </remarks>
/// <param name="session">The session that sees what was done.</param>
/// <param name="time">The clock for <see cref="InventoryLevel.UpdatedAt"/>.</param>
public sealed class Inventory(IDataSession session, TimeProvider time)
{
    /// <summary>The most articles of one call.</summary>
    public const int MaxArticles = 200;

    private const string ReservedCheck = "inventory_levels_reserved_check";

    /// <summary>Promises pieces that are there and not promised yet: all that are asked for, or none.</summary>
    /// <param name="territory">Whose stock.</param>
    /// <param name="quantities">What; an article named twice counts as the sum.</param>
    /// <param name="idempotencyKey">A name for this call, as <see cref="UnitOfWorkOptions.IdempotencyKey"/>. Without one, a call whose outcome stayed unknown must not be repeated blindly.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">
    /// There aren't so many (<see cref="ConflictKind.Constraint"/>, <c>inventory_levels_reserved_check</c>), or an article isn't there at all (<see cref="ConflictKind.NotFound"/>).
    /// </exception>
    /// <exception cref="ArgumentException">No article or more than <see cref="MaxArticles"/> are named, or a quantity is below 1.</exception>
    public Task<WriteResult> ReserveAsync(
        Territory territory, IReadOnlyCollection<StockQuantity> quantities, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        RunAsync(territory, quantities, idempotencyKey, ReserveAsync, cancellationToken);

    /// <summary>The same within a unit of work.</summary>
    /// <inheritdoc cref="ReserveAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/>
    public Task ReserveAsync(IUnitOfWork unit, Territory territory, IReadOnlyCollection<StockQuantity> quantities, CancellationToken cancellationToken = default) => ChangeAsync(
        unit,
        territory,
        quantities,
        "inventory.reserve",
        static (level, quantity) => quantity <= level.Available ? level with { Reserved = level.Reserved + quantity } : null,
        cancellationToken);

    /// <summary>Takes promises back.</summary>
    /// <param name="territory">Whose stock.</param>
    /// <param name="quantities">What; an article named twice counts as the sum.</param>
    /// <param name="idempotencyKey">As for <see cref="ReserveAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">Fewer are promised (<see cref="ConflictKind.Constraint"/>), or an article isn't there at all.</exception>
    /// <exception cref="ArgumentException">As for reserving.</exception>
    public Task<WriteResult> ReleaseAsync(
        Territory territory, IReadOnlyCollection<StockQuantity> quantities, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        RunAsync(territory, quantities, idempotencyKey, ReleaseAsync, cancellationToken);

    /// <summary>The same within a unit of work.</summary>
    /// <inheritdoc cref="ReleaseAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/>
    public Task ReleaseAsync(IUnitOfWork unit, Territory territory, IReadOnlyCollection<StockQuantity> quantities, CancellationToken cancellationToken = default) => ChangeAsync(
        unit,
        territory,
        quantities,
        "inventory.release",
        static (level, quantity) => quantity <= level.Reserved ? level with { Reserved = level.Reserved - quantity } : null,
        cancellationToken);

    /// <summary>Takes promised pieces out of the stock: they are sold and gone.</summary>
    /// <param name="territory">Whose stock.</param>
    /// <param name="quantities">What; an article named twice counts as the sum.</param>
    /// <param name="idempotencyKey">As for <see cref="ReserveAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">Fewer are promised (<see cref="ConflictKind.Constraint"/>), or an article isn't there at all.</exception>
    /// <exception cref="ArgumentException">As for reserving.</exception>
    public Task<WriteResult> CommitAsync(
        Territory territory, IReadOnlyCollection<StockQuantity> quantities, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        RunAsync(territory, quantities, idempotencyKey, CommitAsync, cancellationToken);

    /// <summary>The same within a unit of work.</summary>
    /// <inheritdoc cref="CommitAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/>
    public Task CommitAsync(IUnitOfWork unit, Territory territory, IReadOnlyCollection<StockQuantity> quantities, CancellationToken cancellationToken = default) => ChangeAsync(
        unit,
        territory,
        quantities,
        "inventory.commit",
        static (level, quantity) => quantity <= level.Reserved ? level with { OnHand = level.OnHand - quantity, Reserved = level.Reserved - quantity } : null,
        cancellationToken);

    /// <summary>Puts pieces into the stock.</summary>
    /// <param name="territory">Whose stock.</param>
    /// <param name="quantities">What; an article named twice counts as the sum.</param>
    /// <param name="idempotencyKey">As for <see cref="ReserveAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">An article isn't there at all: insert its <see cref="InventoryLevel"/> first.</exception>
    /// <exception cref="ArgumentException">As for reserving.</exception>
    /// <exception cref="OverflowException">There would be more than <see cref="long.MaxValue"/>.</exception>
    public Task<WriteResult> ReceiveAsync(
        Territory territory, IReadOnlyCollection<StockQuantity> quantities, string? idempotencyKey = null, CancellationToken cancellationToken = default) =>
        RunAsync(territory, quantities, idempotencyKey, ReceiveAsync, cancellationToken);

    /// <summary>The same within a unit of work.</summary>
    /// <inheritdoc cref="ReceiveAsync(Territory, IReadOnlyCollection{StockQuantity}, string?, CancellationToken)"/>
    public Task ReceiveAsync(IUnitOfWork unit, Territory territory, IReadOnlyCollection<StockQuantity> quantities, CancellationToken cancellationToken = default) => ChangeAsync(
        unit,
        territory,
        quantities,
        "inventory.receive",
        static (level, quantity) => level with { OnHand = checked(level.OnHand + quantity) },
        cancellationToken);

    private Task<WriteResult> RunAsync(
        Territory territory,
        IReadOnlyCollection<StockQuantity> quantities,
        string? idempotencyKey,
        Func<IUnitOfWork, Territory, IReadOnlyCollection<StockQuantity>, CancellationToken, Task> change,
        CancellationToken cancellationToken) => session.RunUnitOfWorkAsync(
        InventoryLevelMap.Map.Table,
        (unit, token) => change(unit, territory, quantities, token),
        new UnitOfWorkOptions { IdempotencyKey = idempotencyKey, ReplaySafe = true },
        territory,
        cancellationToken);

    private async Task ChangeAsync(
        IUnitOfWork unit,
        Territory territory,
        IReadOnlyCollection<StockQuantity> quantities,
        string operation,
        Func<InventoryLevel, long, InventoryLevel?> change,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(unit);
        var levels = unit.Repository<InventoryLevel, InventoryKey>();
        foreach (var (sku, quantity) in Sorted(quantities))
        {
            var level = await levels.FindAsync(new InventoryKey(territory, sku), RowLock.Update, cancellationToken).ConfigureAwait(false)
                ?? throw Contradiction.NotFound(operation);
            var changed = change(level, quantity)
                ?? throw Contradiction.Of(ReservedCheck, "There isn't as much of an article, or not as much of it is reserved.", operation);
            levels.Update(changed with { UpdatedAt = time.Now() }, level.Version);
        }
    }

    /// <summary>All lock in one order, so that none waits for another in a circle.</summary>
    private static SortedDictionary<string, long> Sorted(IReadOnlyCollection<StockQuantity> quantities)
    {
        ArgumentNullException.ThrowIfNull(quantities);
        var sorted = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var (sku, quantity) in quantities)
        {
            ArgumentNullException.ThrowIfNull(sku, nameof(quantities));
            ArgumentOutOfRangeException.ThrowIfLessThan(quantity, 1, nameof(quantities));
            sorted[sku] = checked(sorted.GetValueOrDefault(sku) + quantity);
        }

        return sorted.Count is > 0 and <= MaxArticles
            ? sorted
            : throw new ArgumentException($"One call changes 1 to {MaxArticles} articles.", nameof(quantities));
    }
}
