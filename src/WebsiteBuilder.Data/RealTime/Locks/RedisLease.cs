using System.Globalization;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data;

/// <summary>A lock that is held, for a time. Disposing releases it. Thread-safe.</summary>
public sealed class RedisLease : IAsyncDisposable
{
    private readonly RedisLocks _locks;
    private readonly EngineRuntime _runtime;
    private long _end;
    private int _released;

    internal RedisLease(RedisLocks locks, EngineRuntime runtime, string name, string owner, long fence, TimeSpan end)
    {
        (_locks, _runtime, Name, Fence, _end) = (locks, runtime, name, fence, end.Ticks);
        Mark = string.Create(CultureInfo.InvariantCulture, $"{owner}:{fence}");
    }

    /// <summary>The lock.</summary>
    public string Name { get; }

    /// <summary>
    /// Greater than that of every earlier grant of this lock. Send it along with what is written under the lock; whoever stores it refuses a smaller one
    /// than it has seen. Above 0.
    /// </summary>
    public long Fence { get; }

    /// <summary>How much of the lease is left by our own clock, counted from before it was asked for; zero if it is over or released.</summary>
    public TimeSpan Remaining
    {
        get
        {
            var left = TimeSpan.FromTicks(Volatile.Read(ref _end)) - _runtime.Now;
            return Volatile.Read(ref _released) == 0 && left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether any of the lease is left. It says nothing of a failover that lost it, and may be over a moment later: see <see cref="Fence"/>.</summary>
    public bool IsHeld => Remaining > TimeSpan.Zero;

    /// <summary>What the server keeps.</summary>
    internal string Mark { get; }

    /// <summary>Begins the lease anew, if nobody else has got the lock since.</summary>
    /// <param name="lease">How long from now on: 10 ms to 1 day.</param>
    /// <param name="cancellationToken">Stops waiting; it may be extended nevertheless.</param>
    /// <returns>False if it is lost: it ran out, or was released.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is out of range.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked. The lease goes on as it was, or may have been extended.</exception>
    public async ValueTask<bool> ExtendAsync(TimeSpan lease, CancellationToken cancellationToken = default)
    {
        var asked = _runtime.Now;
        if (Volatile.Read(ref _released) != 0 || !await _locks.ExtendAsync(this, lease, cancellationToken).ConfigureAwait(false))
        {
            Volatile.Write(ref _released, 1);
            return false;
        }

        Volatile.Write(ref _end, (asked + lease).Ticks);
        return true;
    }

    /// <summary>Gives the lock back, if it is still held. Once only; later calls do nothing.</summary>
    /// <param name="cancellationToken">Stops waiting; it may be released nevertheless.</param>
    /// <returns>False if it wasn't held any more.</returns>
    /// <exception cref="RedisFaultException">Redis can't be asked: it ends by itself with its lease.</exception>
    public async ValueTask<bool> ReleaseAsync(CancellationToken cancellationToken = default) =>
        Interlocked.Exchange(ref _released, 1) == 0 && await _locks.ReleaseAsync(this, cancellationToken).ConfigureAwait(false);

    /// <summary>Gives the lock back, as <see cref="ReleaseAsync"/>, but doesn't throw if Redis can't be asked: it ends by itself with its lease.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await ReleaseAsync().ConfigureAwait(false);
        }
        catch (DataTierException)
        {
            // Its lease ends it.
        }
        catch (ObjectDisposedException)
        {
            // The channel was closed before.
        }
    }
}
