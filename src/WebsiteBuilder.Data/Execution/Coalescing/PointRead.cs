using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>A read of one key on its way to one endpoint. It ends once: with the store's answer, with a fault, when its time is up, or when its caller gives up.</summary>
internal abstract class PointRead<TEntity, TKey>(TKey key, CancellationToken cancellationToken)
    where TEntity : class
    where TKey : notnull
{
    private CancellationTokenRegistration _registration;
    private PointReads<TEntity, TKey>? _reads;
    private int _hasEnded;

    public TKey Key => key;

    public CancellationToken CancellationToken => cancellationToken;

    public ReadGuard Guard { get; set; }

    /// <summary>When its time is up; the highest value for never.</summary>
    public TimeSpan Due { get; set; } = TimeSpan.MaxValue;

    public TimeSpan AskedAt { get; set; }

    /// <summary>When it takes longer than usual; the highest value for never.</summary>
    public TimeSpan LateAt { get; set; } = TimeSpan.MaxValue;

    /// <summary>The round trip that it is on; null before.</summary>
    public SharedRoundTrip<TEntity, TKey>? RoundTrip { get; set; }

    public bool HasEnded => Volatile.Read(ref _hasEnded) != 0;

    /// <summary>Asked when its time is up: how much more it gets, zero for nothing.</summary>
    public virtual TimeSpan More() => TimeSpan.Zero;

    /// <summary>Told once when it takes longer than usual.</summary>
    public virtual void WasLate()
    {
    }

    /// <summary>Lets it notice when its caller gives up.</summary>
    public void BelongTo(PointReads<TEntity, TKey> reads)
    {
        _reads = reads;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static read => ((PointRead<TEntity, TKey>)read!).GiveUp(), this);
            if (HasEnded)
            {
                _registration.Unregister();
            }
        }
    }

    /// <summary>Whoever gets true ends the read, and nobody else.</summary>
    public bool TryEnd()
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) != 0)
        {
            return false;
        }

        _registration.Unregister();
        return true;
    }

    /// <summary>The store's answer. Called where the store answered: only what takes no time may be done.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="mayGoOnHere">Whether whoever waits for it may go on right here, because nobody else waits for this thread.</param>
    public abstract void Answered(in StoreRead<TEntity?> answer, bool mayGoOnHere);

    /// <summary>No answer. Called where the store failed, or time was up: only what takes no time may be done.</summary>
    /// <param name="error">The store's fault, or that its time is up.</param>
    public abstract void Failed(Exception error);

    /// <summary>Nobody waits for it any more. Left is what wasn't sent; what is on its way brings its answer, or runs out of time, which tells something of the node.</summary>
    public void LeaveUnsent() => _reads?.LeaveUnsent(this, Left);

    private static StoreFaultException Left() => new(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "Another node has answered.");

    private void GiveUp() => _reads!.Leave(this, static () => new StoreFaultException(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "The caller gave up."));
}
