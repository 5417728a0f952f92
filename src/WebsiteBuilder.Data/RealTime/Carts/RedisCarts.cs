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
/// <para><b>Emptying.</b> <see cref="ClearAsync"/> takes out what was put in before, in whichever region; <see cref="EraseAsync"/> does so for good, and nothing can be put in again. Both leave a
/// stamp in PostgreSQL against which older copies don't come up, however late they are brought. So does deleting the row (see <see cref="CartMap"/>).</para>
/// <para>While PostgreSQL can't be asked, or not within 1 s, carts go on; one that is only there then reads as empty, and is merged later. Only <see cref="AddAsync"/> fails then, where nobody knows
/// what to add to.</para>
/// <para><b>Moving.</b> The territory is part of the key here, but the row in PostgreSQL is the user's: territories of one shard have one row of his together. There a cart needs no moving, since the new one finds what the
/// old one brought, and clearing, erasing or deleting the old one empties the new one, too. To another shard: fill the new one, then clear the old one.</para>
/// <para><b>Residency.</b> Carts of territories that aren't among <see cref="RealTimeOptions.Territories"/> are refused before anything is asked.</para>
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
    private readonly CartResidency _residency;
    private readonly IDataSession _session;
    private readonly SessionKeyValueStore _carts;

    internal RedisCarts(RealTimeContext context, RegionId region, CartPolicy policy, CartResidency residency, IDataSession session, SessionKeyValueStore carts)
    {
        policy.Require();
        (_context, _region, _policy, _residency, _session, _carts) = (context, region, policy, residency, session, carts);
    }

    /// <summary>Reads a cart: the region's, or PostgreSQL's if there is none.</summary>
    /// <param name="key">The user.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The cart, empty if there is none.</returns>
    /// <exception cref="ArgumentException">The territory isn't one of the store's.</exception>
    /// <exception cref="SessionHistoryLostException">A change of this session was lost by a failover.</exception>
    /// <exception cref="DataTierException">Redis can't be asked, or PostgreSQL refuses and that won't pass.</exception>
    public async ValueTask<Cart> GetAsync(CartKey key, CancellationToken cancellationToken = default)
    {
        _residency.Require(key, nameof(key));
        var (content, _) = await ReadAsync(key, options: null, static _ => false, cancellationToken).ConfigureAwait(false);
        return CartForm.Of(key, content, _context.Runtime.Time.GetUtcNow());
    }

    /// <summary>Says how many of an article are in a cart.</summary>
    /// <param name="key">The user.</param>
    /// <param name="sku">The article: 1 to 64 characters, without U+0000 and halves of surrogate pairs.</param>
    /// <param name="quantity">How many: 0 to 1,000,000; 0 takes it out.</param>
    /// <param name="cancellationToken">Stops waiting; it may be changed nevertheless.</param>
    /// <returns>The cart as it is in this region now.</returns>
    /// <exception cref="ArgumentException">The article or the quantity is out of range, or the territory isn't one of the store's.</exception>
    /// <exception cref="ThrottledException">The article would be one more than <see cref="MaxLines"/>, or others change the cart without a pause. Not applied.</exception>
    /// <exception cref="ConflictException">The cart was erased for good; the constraint is <c>carts_erased</c>. Not applied.</exception>
    /// <exception cref="DataTierException">As for <see cref="GetAsync"/>. If ambiguous, it may be said again.</exception>
    public Task<Cart> SetAsync(CartKey key, string sku, int quantity, CancellationToken cancellationToken = default)
    {
        Require(key, sku);
        Bounds.Require(quantity, 0, MaxQuantity, nameof(quantity));
        return ChangeArticleAsync(key, sku, _ => quantity, mustKnow: false, cancellationToken);
    }

    /// <summary>Puts some more of an article into a cart, or takes some out; never less than none.</summary>
    /// <param name="key">The user.</param>
    /// <param name="sku">The article: as for <see cref="SetAsync"/>.</param>
    /// <param name="quantity">How many: ±1,000,000. What becomes more than that is that.</param>
    /// <param name="cancellationToken">Stops waiting; it may be changed nevertheless.</param>
    /// <returns>The cart as it is in this region now.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SetAsync"/>.</exception>
    /// <exception cref="ThrottledException">As for <see cref="SetAsync"/>.</exception>
    /// <exception cref="ConflictException">As for <see cref="SetAsync"/>.</exception>
    /// <exception cref="DataTierException">
    /// As for <see cref="GetAsync"/>; also if the region doesn't know how many there are and PostgreSQL can't be asked: not applied, may be done again. If ambiguous, read the cart before doing it again: it counts from what is there.
    /// </exception>
    public Task<Cart> AddAsync(CartKey key, string sku, int quantity, CancellationToken cancellationToken = default)
    {
        Require(key, sku);
        Bounds.Require(quantity, -MaxQuantity, MaxQuantity, nameof(quantity));
        return ChangeArticleAsync(key, sku, before => Math.Clamp(before + quantity, 0, MaxQuantity), mustKnow: true, cancellationToken);
    }

    /// <summary>
    /// Empties a cart: what this region has seen of it, and what was put in before by the clocks, is gone in all regions once it is brought. What is put in later stays. What Redis has in its place and isn't a
    /// cart is replaced.
    /// </summary>
    /// <param name="key">The user.</param>
    /// <param name="cancellationToken">Stops waiting; it may be emptied nevertheless.</param>
    /// <returns>The cart as it is in this region now.</returns>
    /// <exception cref="ArgumentException">The territory isn't one of the store's.</exception>
    /// <exception cref="ThrottledException">Others change the cart without a pause. Not applied.</exception>
    /// <exception cref="DataTierException">As for <see cref="GetAsync"/>. If ambiguous, it may be done again.</exception>
    public Task<Cart> ClearAsync(CartKey key, CancellationToken cancellationToken = default)
    {
        _residency.Require(key, nameof(key));
        return ChangeAsync(key, mustKnow: null, (content, now) => content.Cleared(now, _region), cancellationToken);
    }

    /// <summary>
    /// Erases a cart for good, with its user's account: it stays empty, whatever other regions bring and whatever their clocks say, and nothing can be put in again. PostgreSQL keeps the user's id
    /// and that it was erased. What Redis has in its place and isn't a cart is replaced. It may be done again.
    /// </summary>
    /// <remarks>
    /// Done when it is acknowledged in this region, and everywhere once the synchronizer has brought it. Another region's Redis, if it has a copy, shows it until a change of its own is brought or
    /// <see cref="CartPolicy.Expiry"/> has passed; to have it gone there at once, erase it there, too.
    /// </remarks>
    /// <param name="key">The user.</param>
    /// <param name="cancellationToken">Stops waiting; it may be erased nevertheless.</param>
    /// <exception cref="ArgumentException">The territory isn't one of the store's.</exception>
    /// <exception cref="ThrottledException">As for <see cref="ClearAsync"/>.</exception>
    /// <exception cref="DataTierException">As for <see cref="ClearAsync"/>.</exception>
    public async Task EraseAsync(CartKey key, CancellationToken cancellationToken = default)
    {
        _residency.Require(key, nameof(key));
        await ChangeAsync(key, mustKnow: null, static (content, _) => content.ErasedForGood(), cancellationToken).ConfigureAwait(false);
    }

    private void Require(CartKey key, string sku)
    {
        ArgumentException.ThrowIfNullOrEmpty(sku);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sku.Length, 64, nameof(sku));
        Bounds.RequireWholeText(sku, nameof(sku));
        if (sku.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("An article has no U+0000 in it: PostgreSQL can't store it.", nameof(sku));
        }

        _residency.Require(key, nameof(key));
    }

    private Task<Cart> ChangeArticleAsync(CartKey key, string sku, Func<int, int> quantity, bool mustKnow, CancellationToken cancellationToken) => ChangeAsync(
        key,
        content => mustKnow && content.Find(sku) is null,
        (content, now) =>
        {
            if (content.IsErasedForGood)
            {
                throw new ConflictException("The cart was erased for good.", ConflictKind.Constraint) { Constraint = "carts_erased" };
            }

            var before = content.QuantityOf(sku);
            var after = content.With(sku, quantity(before), now, _region);
            return before > 0 || after.QuantityOf(sku) == 0 || after.Lines.Count(static line => line.Quantity > 0) <= MaxLines
                ? after
                : throw new ThrottledException("The cart has as many articles as it may have.") { Disposition = WriteDisposition.NotApplied };
        },
        cancellationToken);

    /// <param name="key">The user.</param>
    /// <param name="mustKnow">Whether a part of the cart isn't enough; null if nothing of it is needed, and it may be no cart at all.</param>
    /// <param name="change">What becomes of the cart at a time.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    private async Task<Cart> ChangeAsync(CartKey key, Func<CartContent, bool>? mustKnow, Func<CartContent, long, CartContent> change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            // A replica may say what is no longer so; the second time it is asked where it is decided.
            var (before, version) = await ReadAsync(key, attempt > 1 ? AtPrimary : null, mustKnow, cancellationToken).ConfigureAwait(false);
            var now = _context.Runtime.Time.GetUtcNow();
            var after = change(before, now.ToUnixTimeMilliseconds()).Since(now - _policy.RemovalLife);
            KeyValueWriteOptions options = new() { ExpectedVersion = version, Durability = _policy.Durability };
            if ((await _carts.SetListedAsync(CartForm.NameOf(key), CartForm.BytesOf(after), options, cancellationToken).ConfigureAwait(false)).IsApplied)
            {
                return CartForm.Of(key, after, now);
            }
        }

        throw new ThrottledException("Others change the cart without a pause.") { Disposition = WriteDisposition.NotApplied };
    }

    private async ValueTask<(CartContent Content, long Version)> ReadAsync(CartKey key, ReadOptions? options, Func<CartContent, bool>? mustKnow, CancellationToken cancellationToken)
    {
        var (content, version) = (CartContent.Empty with { IsPartial = true }, 0L);
        if ((await _carts.GetAsync(CartForm.NameOf(key), options, cancellationToken).ConfigureAwait(false)).Value is { } entry)
        {
            (content, version) = (mustKnow is null ? CartForm.TryReadContent(entry) ?? content : CartForm.ContentOf(entry), entry.Version);
            if (!content.IsPartial || mustKnow?.Invoke(content) != true)
            {
                return (content, version);
            }
        }

        try
        {
            var row = await _session.Repository<Cart, CartKey>().FindAsync(key, Briefly, cancellationToken).ConfigureAwait(false);
            return (content.Merge(CartForm.ContentOf(row.Value)), version);
        }
        catch (DataTierException error) when (mustKnow?.Invoke(content) != true && (error.IsTransient || error is DeadlineExceededException or NoEligibleRegionException or ConsistencyNotMetException))
        {
            return (content, version);
        }
    }
}
