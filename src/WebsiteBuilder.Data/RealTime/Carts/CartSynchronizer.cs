using System.Runtime.InteropServices;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data;

/// <summary>
/// Brings shopping carts that have changed from the region's Redis to PostgreSQL, and what other regions brought there back. At least one process of each region must run it; several
/// at once do no harm. Thread-safe.
/// </summary>
/// <remarks>
/// A cart is taken off the list of changed ones only after PostgreSQL has acknowledged all of it, and only if it hasn't changed since. Whoever dies before that has done part of the work of
/// whoever comes next: merging is idempotent, and rows are written by their version.
/// </remarks>
public sealed class CartSynchronizer
{
    private const int Attempts = 20;

    private static readonly ReadOptions AtPrimary = new() { Consistency = ConsistencyLevel.Strong };

    private readonly RealTimeContext _context;
    private readonly CartPolicy _policy;
    private readonly IDataClient _client;
    private readonly Func<SessionState, SessionKeyValueStore> _open;

    internal CartSynchronizer(RealTimeContext context, CartPolicy policy, IDataClient client, Func<SessionState, SessionKeyValueStore> open)
    {
        policy.Require();
        (_context, _policy, _client, _open) = (context, policy, client, open);
    }

    /// <summary>Brings all carts that have changed, once.</summary>
    /// <param name="cancellationToken">Stops it; what is left is brought the next time.</param>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async Task<CartSync> SyncAsync(CancellationToken cancellationToken = default)
    {
        // Sessions of its own, for once: nothing that a failover loses can stop it for longer.
        var (carts, rows) = (_open(new SessionState(default)), _client.OpenSession().Repository<Cart, CartKey>());
        CartSync sum = default;
        for (var partition = 0; partition < carts.Partitions; partition++)
        {
            // By version, so that those that can't be brought don't hold up others.
            for (var last = 0L; await carts.ListAsync(partition, last, cancellationToken).ConfigureAwait(false) is { Count: > 0 } page; last = page[^1].Version)
            {
                foreach (var (name, version) in page)
                {
                    var isDone = await TryBringAsync(carts, rows, partition, name, version, cancellationToken).ConfigureAwait(false);
                    sum = isDone ? sum with { Done = sum.Done + 1 } : sum with { Left = sum.Left + 1 };
                }
            }
        }

        return sum;
    }

    /// <summary>Synchronizes again and again until it is cancelled.</summary>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="RedisFaultException">Redis refuses, and that won't pass.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await SyncAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (RedisFaultException fault) when (fault.IsTransient)
            {
                // The list is still there.
            }

            await _context.Runtime.Delay(_context.Runtime.Jitter(_policy.Interval), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> TryBringAsync(
        SessionKeyValueStore carts, IRepository<Cart, CartKey> rows, int partition, string name, long version, CancellationToken cancellationToken)
    {
        try
        {
            if ((await carts.GetAsync(name, AtPrimary, cancellationToken).ConfigureAwait(false)).Value is not { } entry)
            {
                // It has ended in Redis, as its expiry has it.
                return await carts.UnlistAsync(partition, name, version, cancellationToken).ConfigureAwait(false);
            }

            var lines = CartForm.LinesOf(entry);
            if (await MergeAsync(rows, CartForm.KeyOf(name), lines, cancellationToken).ConfigureAwait(false) is not { } merged)
            {
                return false;
            }

            if (!merged.SequenceEqual(lines))
            {
                // What other regions brought. If the cart was changed meanwhile, it is on the list, and comes the next time.
                KeyValueWriteOptions options = new() { ExpectedVersion = entry.Version, Expiry = _policy.Expiry };
                await carts.SetAsync(name, CartForm.BytesOf(merged), options, cancellationToken).ConfigureAwait(false);
            }

            return await carts.UnlistAsync(partition, name, entry.Version, cancellationToken).ConfigureAwait(false);
        }
        catch (DataTierException error) when (error is not RedisFaultException { Kind: RedisFaultKind.Denied })
        {
            return false;
        }
    }

    /// <summary>Merges lines into the row; null if others changed it each time.</summary>
    private async Task<IReadOnlyList<CartLine>?> MergeAsync(
        IRepository<Cart, CartKey> rows, CartKey key, IReadOnlyList<CartLine> lines, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var row = (await rows.FindAsync(key, AtPrimary, cancellationToken).ConfigureAwait(false)).Value;
            var now = _context.Runtime.Time.GetUtcNow();
            var merged = CartLines.Since(CartLines.Merge(row?.History ?? [], lines), now - _policy.RemovalLife);
            try
            {
                if (row is null)
                {
                    await rows.InsertAsync(CartForm.Of(key, merged, now), cancellationToken: cancellationToken).ConfigureAwait(false);
                }
                else if (!merged.SequenceEqual(row.History))
                {
                    await rows.UpdateAsync(CartForm.Of(key, merged, now), row.Version, cancellationToken: cancellationToken).ConfigureAwait(false);
                }

                return merged;
            }
            catch (ConflictException conflict) when (conflict.Kind is ConflictKind.AlreadyExists or ConflictKind.VersionMismatch or ConflictKind.NotFound)
            {
                // Somebody else was first: merge with that.
            }
        }

        return null;
    }
}

/// <summary>What a synchronization did.</summary>
/// <param name="Done">How many carts are in PostgreSQL as they are in Redis.</param>
/// <param name="Left">How many are left for the next time: changed meanwhile, or one of the stores refused or couldn't be asked.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct CartSync(int Done, int Left);
