using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// A ceiling over several pools, idle connections included. A pool opens a connection only when it has none idle, so it has no more open
/// than were in use at once since its idle ones were last closed: its peak. The sum of the peaks stays within the ceiling, because a pool
/// whose peak must rise closes what others have idle.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore whose wait handle nobody asks for has nothing to dispose of, and places are given back after the end.")]
internal sealed class ConnectionBudget(int most)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _free = new(most);
    private readonly List<Share> _shares = [];

    /// <summary>A pool's part.</summary>
    /// <param name="closeIdle">Closes what the pool has idle, at once, and what is in use when it comes back.</param>
    public Share Join(Action closeIdle)
    {
        var share = new Share(closeIdle);
        lock (_lock)
        {
            _shares.Add(share);
        }

        return share;
    }

    /// <summary>Whether there was room for one more connection in use within that time.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<bool> TryTakeAsync(Share share, TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (!await _free.WaitAsync(atMost, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        lock (_lock)
        {
            if (++share.InUse > share.Peak)
            {
                share.Peak = share.InUse;
                MakeRoom();
            }
        }

        return true;
    }

    public void Release(Share share)
    {
        lock (_lock)
        {
            share.InUse--;
        }

        _free.Release();
    }

    /// <summary>Within the lock, so that nobody counts on what isn't closed yet. There is always enough: all that is in use fits.</summary>
    private void MakeRoom()
    {
        while (_shares.Sum(static share => share.Peak) > most)
        {
            var other = _shares.MaxBy(static share => share.Peak - share.InUse)!;
            other.Peak = other.InUse;
            other.CloseIdle();
        }
    }

    internal sealed class Share(Action closeIdle)
    {
        public int InUse { get; set; }

        /// <summary>The most that can be open.</summary>
        public int Peak { get; set; }

        public void CloseIdle() => closeIdle();
    }
}
