using System.Runtime.InteropServices;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>What became of a merge.</summary>
/// <param name="Content">What the row has now; null if others changed it each time.</param>
/// <param name="IsDurable">Whether it is known to be as durable as was asked for.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MergedRow(CartContent? Content, bool IsDurable);

/// <summary>Merges carts into their rows in PostgreSQL, in one round of a synchronizer.</summary>
internal sealed class CartRows(IRepository<Cart, CartKey> rows, CartPolicy policy, TimeProvider time)
{
    private const int Attempts = 20;

    private const int Failures = 3;

    private static readonly ReadOptions AtPrimary = new() { Consistency = ConsistencyLevel.Strong, Timeout = TimeSpan.FromSeconds(2) };

    private readonly WriteOptions _durably = new() { Durability = policy.RowDurability };

    /// <summary>Where a write reached less than was asked for: others that only lack durability needn't be tried in this round.</summary>
    private readonly HashSet<Territory> _short = [];

    /// <summary>How many writes in a row found no answer in time.</summary>
    private readonly Dictionary<Territory, int> _failures = [];

    /// <summary>Whether the same may succeed later with nothing done about it.</summary>
    public static bool MayPass(Exception error) => error is DataTierException
        and ({ IsTransient: true } or DeadlineExceededException or NoEligibleRegionException or ConsistencyNotMetException or AmbiguousWriteException or SessionHistoryLostException or ConflictException { Kind: not (ConflictKind.Constraint or ConflictKind.IdempotencyKeyReused) });

    /// <summary>
    /// Whether a territory's database can't be asked in this round, as was found out: then each of its carts would wait out its time. One read shows it; writes must fail in a row, since one may wait for a row that somebody holds.
    /// </summary>
    public bool IsAway(Territory territory) => _failures.GetValueOrDefault(territory) >= Failures;

    public async Task<MergedRow> MergeAsync(CartKey key, CartContent content, CancellationToken cancellationToken)
    {
        long? durable = null;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var row = await FindAsync(key, cancellationToken).ConfigureAwait(false);
            var (now, known) = (time.GetUtcNow(), CartForm.ContentOf(row));
            var merged = known.Merge(content).Since(now - policy.RemovalLife);
            if (row is not null && merged.IsSameAs(known))
            {
                if (row.Version == durable)
                {
                    return new(merged, IsDurable: true);
                }

                // Written by somebody, or by an attempt whose outcome isn't known, and who knows how durably: the same again says so.
                if (_short.Contains(key.Territory))
                {
                    return new(merged, IsDurable: false);
                }
            }

            try
            {
                var cart = CartForm.Of(key, merged, now);
                var written = row is null
                    ? await rows.InsertAsync(cart, _durably, cancellationToken).ConfigureAwait(false)
                    : await rows.UpdateAsync(cart, row.Version, _durably, cancellationToken).ConfigureAwait(false);
                _failures.Remove(key.Territory);
                if (written.Reached < policy.RowDurability)
                {
                    _short.Add(key.Territory);
                    return new(merged, IsDurable: false);
                }

                if (row is not null)
                {
                    return new(merged, IsDurable: true);
                }

                // A row that was deleted takes in only what is later than that: look what it has taken.
                durable = written.Version;
            }
            catch (ConflictException conflict) when (conflict.Kind is ConflictKind.AlreadyExists or ConflictKind.VersionMismatch or ConflictKind.NotFound or ConflictKind.Serialization)
            {
                // Somebody else was first: merge with that.
            }
            catch (DataTierException error) when (IsUnanswered(error))
            {
                _failures[key.Territory] = _failures.GetValueOrDefault(key.Territory) + 1;
                throw;
            }
        }

        return default;
    }

    private async Task<Cart?> FindAsync(CartKey key, CancellationToken cancellationToken)
    {
        try
        {
            return (await rows.FindAsync(key, AtPrimary, cancellationToken).ConfigureAwait(false)).Value;
        }
        catch (DataTierException error) when (IsUnanswered(error))
        {
            _failures[key.Territory] = Failures;
            throw;
        }
    }

    private static bool IsUnanswered(DataTierException error) => error is DeadlineExceededException or NoEligibleRegionException or ConsistencyNotMetException or AmbiguousWriteException;
}
