using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data;

/// <summary>
/// Brings shopping carts that have changed from the region's Redis to PostgreSQL, and what other regions brought there back. At least one process of each region must run it; several
/// at once do no harm. Thread-safe.
/// </summary>
/// <remarks>
/// A cart is taken off the list of changed ones, and begins to expire in Redis, only after PostgreSQL has acknowledged all of it at <see cref="CartPolicy.RowDurability"/>, and only if it hasn't changed
/// since. Whoever dies before that has done part of the work of whoever comes next: merging is idempotent, and rows are written by their version. A row that is found as it should be, but whose durability
/// isn't known, is written again. One cart that can't be brought doesn't hold up the others, nor does a territory whose database can't be asked: its carts are left for the next time.
/// </remarks>
public sealed class CartSynchronizer
{
    private static readonly ReadOptions AtPrimary = new() { Consistency = ConsistencyLevel.Strong };

    private readonly RealTimeContext _context;
    private readonly CartPolicy _policy;
    private readonly CartResidency _residency;
    private readonly IDataClient _client;
    private readonly Func<SessionState, SessionKeyValueStore> _open;

    internal CartSynchronizer(RealTimeContext context, CartPolicy policy, CartResidency residency, IDataClient client, Func<SessionState, SessionKeyValueStore> open)
    {
        policy.Require();
        (_context, _policy, _residency, _client, _open) = (context, policy, residency, client, open);
    }

    /// <summary>Brings all carts that have changed, once.</summary>
    /// <param name="cancellationToken">Stops it; what is left is brought the next time.</param>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async Task<CartSync> SyncAsync(CancellationToken cancellationToken = default)
    {
        // Sessions of its own, for once: nothing that a failover loses can stop it for longer.
        var carts = _open(new SessionState(default));
        CartRows rows = new(_client.OpenSession().Repository<Cart, CartKey>(), _policy, _context.Runtime.Time);
        CartSync sum = default;
        for (var partition = 0; partition < carts.Partitions; partition++)
        {
            // By version, so that those that can't be brought don't hold up others; and what changes from now on is for the next time, or a cart that never rests would hold up the parts that follow.
            var newest = await carts.NewestListedAsync(partition, cancellationToken).ConfigureAwait(false);
            for (var last = 0L; await carts.ListAsync(partition, last, newest, cancellationToken).ConfigureAwait(false) is { Count: > 0 } page; last = page[^1].Version)
            {
                foreach (var (name, version) in page)
                {
                    sum = sum.Counting(await TryBringAsync(carts, rows, partition, name, version, cancellationToken).ConfigureAwait(false));
                }
            }
        }

        return sum;
    }

    /// <summary>
    /// Removes carts from this Redis that wait on the list although their territory isn't among <see cref="RealTimeOptions.Territories"/> any more. What of them PostgreSQL hasn't got is lost, so bring what may
    /// be brought first. What PostgreSQL has stays, and so do carts that aren't listed, until they expire. To be called once no process has the wider list.
    /// </summary>
    /// <param name="cancellationToken">Stops it; it may be done again.</param>
    /// <returns>How many were removed; they are logged.</returns>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async Task<int> PurgeAsync(CancellationToken cancellationToken = default)
    {
        var carts = _open(new SessionState(default));
        var sum = 0;
        for (var partition = 0; partition < carts.Partitions; partition++)
        {
            var newest = await carts.NewestListedAsync(partition, cancellationToken).ConfigureAwait(false);
            for (var last = 0L; await carts.ListAsync(partition, last, newest, cancellationToken).ConfigureAwait(false) is { Count: > 0 } page; last = page[^1].Version)
            {
                foreach (var (name, _) in page.Where(cart => CartForm.TryReadKey(cart.Key) is { } key && !_residency.Allows(key.Territory)))
                {
                    var deleted = await carts.DeleteAsync(name, options: null, cancellationToken).ConfigureAwait(false);
                    if (await carts.UnlistAsync(partition, name, deleted.Version, _policy.Expiry, cancellationToken).ConfigureAwait(false))
                    {
                        Log.CartPurged(_context.Logger);
                        sum++;
                    }
                }
            }
        }

        return sum;
    }

    /// <summary>Synchronizes again and again until it is cancelled. Carts that were lost are logged, and those that wait in vain whenever their number changes.</summary>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="RedisFaultException">Redis refuses, and that won't pass.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        (int Refused, int NotDurable) last = default;
        while (true)
        {
            try
            {
                var sync = await SyncAsync(cancellationToken).ConfigureAwait(false);
                if ((sync.Refused, sync.NotDurable) != last)
                {
                    last = (sync.Refused, sync.NotDurable);
                    Log.CartsWait(_context.Logger, sync.Refused, sync.NotDurable);
                }
            }
            catch (RedisFaultException fault) when (fault.IsTransient)
            {
                // The list is still there.
            }

            await _context.Runtime.Delay(_context.Runtime.Jitter(_policy.Interval), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<CartFate> TryBringAsync(SessionKeyValueStore carts, CartRows rows, int partition, string name, long version, CancellationToken cancellationToken)
    {
        try
        {
            return await BringAsync(carts, rows, partition, name, version, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested && error is not RedisFaultException { Kind: RedisFaultKind.Denied })
        {
            if (CartRows.MayPass(error))
            {
                return CartFate.Left;
            }

            Log.CartRefused(_context.Logger, (error as StoreFailureException)?.Code ?? error.GetType().Name);
            return CartFate.Refused;
        }
    }

    private async Task<CartFate> BringAsync(SessionKeyValueStore carts, CartRows rows, int partition, string name, long version, CancellationToken cancellationToken)
    {
        var key = CartForm.TryReadKey(name) ?? throw new FormatException("What is listed isn't a cart's key.");
        if (!_residency.Allows(key.Territory))
        {
            Log.CartRefused(_context.Logger, "its territory isn't the store's");
            return CartFate.Refused;
        }

        if (rows.IsAway(key.Territory))
        {
            return CartFate.Left;
        }

        if ((await carts.GetAsync(name, AtPrimary, cancellationToken).ConfigureAwait(false)).Value is not { } entry)
        {
            // What is listed has no expiry: somebody else took it away.
            if (!await carts.UnlistAsync(partition, name, version, _policy.Expiry, cancellationToken).ConfigureAwait(false))
            {
                return CartFate.Left;
            }

            // At once: whoever comes next finds no trace of it.
            Log.CartLost(_context.Logger);
            return CartFate.Lost;
        }

        var content = CartForm.ContentOf(entry);
        var (merged, isDurable) = await rows.MergeAsync(key, content, cancellationToken).ConfigureAwait(false);
        if (merged is null || !isDurable)
        {
            return merged is null ? CartFate.Left : CartFate.NotDurable;
        }

        var brought = entry.Version;
        if (!merged.IsSameAs(content))
        {
            // What other regions brought. If the cart was changed meanwhile, it is on the list, and comes the next time.
            KeyValueWriteOptions options = new() { ExpectedVersion = entry.Version };
            var written = await carts.SetListedAsync(name, CartForm.BytesOf(merged), options, cancellationToken).ConfigureAwait(false);
            brought = written.IsApplied ? written.Version : entry.Version;
        }

        return await carts.UnlistAsync(partition, name, brought, _policy.Expiry, cancellationToken).ConfigureAwait(false) ? CartFate.Done : CartFate.Left;
    }
}
