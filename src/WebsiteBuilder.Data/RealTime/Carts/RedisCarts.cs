using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Shopping carts: changed and read in the region's Redis, at Session level, and brought to PostgreSQL in the background, where the carts of all regions meet. Thread-safe as its session is.
/// </summary>
/// <remarks>
/// <para><b>A change</b> is in Redis when it is acknowledged, and in the same moment on a list of what PostgreSQL hasn't got yet. A process that dies in between leaves nothing behind: whichever
/// <see cref="CartSynchronizer"/> comes next goes on with the list. To bring a cart twice does no harm. Redis itself may lose the last changes by a failover
/// (<see cref="SessionHistoryLostException"/> says so to who made them); <see cref="CartPolicy.Durability"/> makes that unlikely.</para>
/// <para><b>Two regions.</b> Each article of a cart is a value of its own: of two changes the later one stays, by a hybrid logical clock that is after all that the change's own region had
/// seen of the cart; at the same instant the region later in the alphabet. So what is put in here and there is all there in the end; the same article, put in here and there at once,
/// has the later quantity, not the sum. A region learns of the others' changes when its own are brought, or when it has no cart of the user.</para>
/// <para>While PostgreSQL can't be asked, or not within 1 s, carts go on; one that is only there is then taken as empty, and is merged later.</para>
/// </remarks>
public sealed class RedisCarts
{
    /// <summary>The most articles in a cart.</summary>
    public const int MaxLines = 200;

    private const int MaxQuantity = 1_000_000;

    private const int Attempts = 20;

    private static readonly ReadOptions Briefly = new() { Timeout = TimeSpan.FromSeconds(1) };
    private static readonly ReadOptions AtPrimary = new() { Consistency = ConsistencyLevel.Strong };

    private readonly RealTimeContext _context;
    private readonly RegionId _region;
    private readonly CartPolicy _policy;
    private readonly IDataSession _session;
    private readonly SessionKeyValueStore _carts;

    internal RedisCarts(RealTimeContext context, RegionId region, CartPolicy policy, IDataSession session, SessionKeyValueStore carts)
    {
        policy.Require();
        (_context, _region, _policy, _session, _carts) = (context, region, policy, session, carts);
    }

    /// <summary>Reads a cart: the region's, or PostgreSQL's if there is none.</summary>
    /// <param name="key">The user.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The cart, empty if there is none.</returns>
    /// <exception cref="SessionHistoryLostException">A change of this session was lost by a failover.</exception>
    /// <exception cref="DataTierException">Redis can't be asked, or PostgreSQL refuses and that won't pass.</exception>
    public async ValueTask<Cart> GetAsync(CartKey key, CancellationToken cancellationToken = default) =>
        CartForm.Of(key, (await ReadAsync(key, options: null, cancellationToken).ConfigureAwait(false)).Lines, _context.Runtime.Time.GetUtcNow());

    /// <summary>Says how many of an article are in a cart.</summary>
    /// <param name="key">The user.</param>
    /// <param name="sku">The article: 1 to 64 characters.</param>
    /// <param name="quantity">How many: 0 to 1,000,000; 0 takes it out.</param>
    /// <param name="cancellationToken">Stops waiting; it may be changed nevertheless.</param>
    /// <returns>The cart as it is in this region now.</returns>
    /// <exception cref="ArgumentException">The article or the quantity is out of range.</exception>
    /// <exception cref="ThrottledException">The cart has <see cref="MaxLines"/> articles, or others change it without a pause. Not applied.</exception>
    /// <exception cref="DataTierException">As for <see cref="GetAsync"/>. If ambiguous, it may be said again.</exception>
    public Task<Cart> SetAsync(CartKey key, string sku, int quantity, CancellationToken cancellationToken = default)
    {
        RequireArticle(sku);
        Bounds.Require(quantity, 0, MaxQuantity, nameof(quantity));
        return ChangeAsync(key, sku, _ => quantity, cancellationToken);
    }

    /// <summary>Puts some more of an article into a cart, or takes some out; never less than none.</summary>
    /// <param name="key">The user.</param>
    /// <param name="sku">The article: 1 to 64 characters.</param>
    /// <param name="quantity">How many: ±1,000,000. What becomes more than that is that.</param>
    /// <param name="cancellationToken">Stops waiting; it may be changed nevertheless.</param>
    /// <returns>The cart as it is in this region now.</returns>
    /// <exception cref="ArgumentException">The article or the quantity is out of range.</exception>
    /// <exception cref="ThrottledException">As for <see cref="SetAsync"/>.</exception>
    /// <exception cref="DataTierException">As for <see cref="GetAsync"/>. If ambiguous, read the cart before doing it again: it counts from what is there.</exception>
    public Task<Cart> AddAsync(CartKey key, string sku, int quantity, CancellationToken cancellationToken = default)
    {
        RequireArticle(sku);
        Bounds.Require(quantity, -MaxQuantity, MaxQuantity, nameof(quantity));
        return ChangeAsync(key, sku, before => Math.Clamp(before + quantity, 0, MaxQuantity), cancellationToken);
    }

    private static void RequireArticle(string sku)
    {
        ArgumentException.ThrowIfNullOrEmpty(sku);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sku.Length, 64, nameof(sku));
    }

    private async Task<Cart> ChangeAsync(CartKey key, string sku, Func<int, int> quantity, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            // A replica may say what is no longer so; the second time it is asked where it is decided.
            var (lines, version) = await ReadAsync(key, attempt > 1 ? AtPrimary : null, cancellationToken).ConfigureAwait(false);
            var now = _context.Runtime.Time.GetUtcNow();
            var before = lines.FirstOrDefault(line => line.Sku == sku)?.Quantity ?? 0;
            var after = CartLines.Since(CartLines.With(lines, sku, quantity(before), now.ToUnixTimeMilliseconds(), _region), now - _policy.RemovalLife);
            if (quantity(before) > 0 && after.Count(static line => line.Quantity > 0) > MaxLines)
            {
                throw new ThrottledException("The cart has as many articles as it may have.") { Disposition = WriteDisposition.NotApplied };
            }

            KeyValueWriteOptions options = new() { ExpectedVersion = version, Expiry = _policy.Expiry, Durability = _policy.Durability };
            if ((await _carts.SetListedAsync(CartForm.NameOf(key), CartForm.BytesOf(after), options, cancellationToken).ConfigureAwait(false)).IsApplied)
            {
                return CartForm.Of(key, after, now);
            }
        }

        throw new ThrottledException("Others change the cart without a pause.") { Disposition = WriteDisposition.NotApplied };
    }

    private async ValueTask<(IReadOnlyList<CartLine> Lines, long Version)> ReadAsync(CartKey key, ReadOptions? options, CancellationToken cancellationToken)
    {
        if ((await _carts.GetAsync(CartForm.NameOf(key), options, cancellationToken).ConfigureAwait(false)).Value is { } entry)
        {
            return (CartForm.LinesOf(entry), entry.Version);
        }

        try
        {
            return ((await _session.Repository<Cart, CartKey>().FindAsync(key, Briefly, cancellationToken).ConfigureAwait(false)).Value?.History ?? [], 0);
        }
        catch (DataTierException error) when (error.IsTransient || error is DeadlineExceededException or NoEligibleRegionException or ConsistencyNotMetException)
        {
            return ([], 0);
        }
    }
}
