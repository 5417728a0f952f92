using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// The places of one pool. Whoever waits for one is counted here and not in the driver's pool, whose wait can't be told from a node that
/// doesn't answer: so the wait is bounded, and its end says nothing against the node.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for has nothing to dispose of, and places are given back after the end.")]
internal sealed class ConnectionPlaces
{
    private readonly string _whose;
    private readonly SemaphoreSlim _free;
    private readonly ConnectionBudget? _region;
    private readonly ConnectionBudget.Share? _share;
    private readonly int _maxWaiting;
    private int _waiting;

    /// <param name="count">How many there are.</param>
    /// <param name="whose">For the message.</param>
    /// <param name="region">The ceiling that this pool is under together with others, if there is one.</param>
    /// <param name="closeIdle">Closes the pool's idle connections.</param>
    /// <param name="maxWaiting">How many may wait for one.</param>
    public ConnectionPlaces(int count, string whose, ConnectionBudget? region, Action closeIdle, int maxWaiting = int.MaxValue)
    {
        _maxWaiting = maxWaiting;
        _whose = whose;
        _free = new SemaphoreSlim(count);
        _region = region;
        _share = region?.Join(closeIdle);
    }

    /// <exception cref="StoreFaultException">No place became free in time, too many wait for one, or the caller gave up.</exception>
    public async ValueTask TakeAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        // Two waits, each for half of the time: both limits are rarely met at once.
        var each = _region is null ? atMost : atMost / 2;
        var took = false;
        try
        {
            if (Interlocked.Increment(ref _waiting) > _maxWaiting && _free.CurrentCount == 0)
            {
                throw Throttled($"All connections {_whose} are taken, and as many wait for one as may (Pools:MaxWaiting).");
            }

            took = await _free.WaitAsync(each, cancellationToken).ConfigureAwait(false);
            if (!took)
            {
                throw Throttled($"All connections {_whose} are taken.");
            }

            if (_region is not null && !await _region.TryTakeAsync(_share!, each, cancellationToken).ConfigureAwait(false))
            {
                throw Throttled("All connections to the endpoints of the region are taken (Pools:MaxConnectionsPerRegion).");
            }
        }
        catch (Exception exception)
        {
            if (took)
            {
                _free.Release();
            }

            throw exception as StoreFaultException
                ?? new StoreFaultException(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "The caller gave up.", exception);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Release()
    {
        _region?.Release(_share!);
        _free.Release();
    }

    private static StoreFaultException Throttled(string message) => new(StoreFaultKind.Throttled, WriteDisposition.NotApplied, message);
}
