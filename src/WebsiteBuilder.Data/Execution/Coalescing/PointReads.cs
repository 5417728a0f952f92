using System.Runtime.CompilerServices;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// Point reads of one entity at one endpoint. While few are on their way each is sent at once and alone; those that come meanwhile wait, and go out together when one of them
/// returns. So batches grow with the load, and an idle system pays nothing. Each caller gets the stamp of its round trip and judges for itself whether that is enough. Thread-safe.
/// </summary>
internal sealed class PointReads<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private const int MaxSpare = 8;

    private readonly IEntityStore _store;
    private readonly EntityMap<TEntity, TKey> _map;
    private readonly Territory _territory;
    private readonly EngineRuntime _runtime;
    private readonly CoalescingPolicy _policy;
    private readonly Lock _lock = new();
    private readonly Queue<PointRead<TEntity, TKey>> _waiting = new();
    private readonly List<SharedRoundTrip<TEntity, TKey>> _onTheWay = [];
    private readonly Stack<SharedRoundTrip<TEntity, TKey>> _spare = [];
    private readonly RowSizes<TKey> _sizes;
    private readonly ITimer _timer;
    private RoundTripTime _roundTrip;
    private double _usual;
    private TimeSpan _timerAt = TimeSpan.MaxValue;
    private TimeSpan _nextDue = TimeSpan.MaxValue;
    private bool _areKeysUnclear;

    public PointReads(IEntityStore store, EntityMap<TEntity, TKey> map, Territory territory, EngineRuntime runtime, CoalescingPolicy policy)
    {
        _store = store;
        _map = map;
        _territory = territory;
        _runtime = runtime;
        _policy = policy;
        _sizes = new RowSizes<TKey>(policy.LargeRow);
        using (SharedWork.Begin())
        {
            _timer = runtime.Time.CreateTimer(static reads => ((PointReads<TEntity, TKey>)reads!).LookAfterAll(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>How many round trips are on their way.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _onTheWay.Count;
            }
        }
    }

    /// <summary>Reads an entity, without a limit of time.</summary>
    /// <exception cref="StoreFaultException">As by the store; throttled when too many wait.</exception>
    public Task<StoreRead<TEntity?>> FindAsync(TKey key, ReadGuard guard, CancellationToken cancellationToken)
    {
        var read = new AwaitedPointRead<TEntity, TKey>(key, _runtime, cancellationToken) { Guard = guard };
        Begin(read);
        return read.AnswerAsync();
    }

    /// <summary>Sends a read, at once or with others. It ends by itself, perhaps before this returns.</summary>
    public void Begin(PointRead<TEntity, TKey> read)
    {
        read.BelongTo(this);
        read.AskedAt = _runtime.Now;
        SharedRoundTrip<TEntity, TKey>? next = null;
        List<PointRead<TEntity, TKey>>? crowded = null;
        lock (_lock)
        {
            if (_waiting.Count < _policy.MaxWaiting)
            {
                _waiting.Enqueue(read);
                _nextDue = read.Due < _nextDue ? read.Due : _nextDue;
            }
            else
            {
                crowded = [read];
            }

            next = TakeIfMay(ref crowded);
        }

        Throttle(crowded);
        Send(next);
    }

    /// <summary>Whoever waits for a read has gone, or its time is up. Its round trip goes on while others are on it.</summary>
    public void Leave(PointRead<TEntity, TKey> read, Func<Exception> why)
    {
        CancellationTokenSource? stop;
        lock (_lock)
        {
            if (!read.TryEnd())
            {
                return;
            }

            stop = read.RoundTrip?.Leave();
        }

        if (stop is not null)
        {
            _ = _runtime.CancelWorkAsync(stop);
        }

        read.Failed(why());
    }

    /// <summary>What is sent for many belongs to none of them, whoever happened to be first.</summary>
    private void Send(SharedRoundTrip<TEntity, TKey>? trip)
    {
        if (trip is not null)
        {
            using (SharedWork.Begin())
            {
                _ = SendAsync(trip);
            }
        }
    }

    /// <summary>Goes on in the place of a round trip that has ended, for as long as reads wait.</summary>
    private async Task SendAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        for (var next = trip; next is not null;)
        {
            try
            {
                await RunAsync(next).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                // Such as a key's own comparison. Nobody may wait for what doesn't come, and the place is free again.
                EndAll(next, exception);
            }

            next = Replace(next);
        }
    }

    private async ValueTask RunAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        var together = trip.Count;
        if (together == 1)
        {
            await AloneAsync(trip).ConfigureAwait(false);
            return;
        }

        await TogetherAsync(trip).ConfigureAwait(false);
        if (IsTooEarly(together))
        {
            // Those who have just been answered are about to ask again: with a step aside they go out together, and not one now and the others later.
            await _runtime.YieldAsync().ConfigureAwait(false);
        }
    }

    private bool IsTooEarly(int together)
    {
        lock (_lock)
        {
            return _waiting.Count < together / 2;
        }
    }

    /// <summary>Takes those that are to go out next; with nobody left the place is free.</summary>
    private SharedRoundTrip<TEntity, TKey>? Replace(SharedRoundTrip<TEntity, TKey> ended)
    {
        SharedRoundTrip<TEntity, TKey>? next = null;
        List<PointRead<TEntity, TKey>>? late = null;
        lock (_lock)
        {
            _onTheWay.Remove(ended);
            if (ended.TryReset() && _spare.Count < MaxSpare)
            {
                _spare.Push(ended);
            }

            next = TakeIfMay(ref late);
        }

        Throttle(late);
        return next;
    }

    /// <summary>Takes those that may go out now. Whoever waits for others although there is a place doesn't wait for long.</summary>
    private SharedRoundTrip<TEntity, TKey>? TakeIfMay(ref List<PointRead<TEntity, TKey>>? late)
    {
        SharedRoundTrip<TEntity, TKey>? next = null;
        if (_waiting.TryPeek(out var first) && HasPlace)
        {
            var until = first.AskedAt + _policy.WaitStep;
            if (_onTheWay.Count == 0 || _areKeysUnclear || _waiting.Count >= _usual * _policy.Gathering || _roundTrip.Usual > _policy.WaitStep || _runtime.Now >= until)
            {
                next = Take(ref late);
            }
            else
            {
                WakeAt(until);
            }
        }

        WakeAt(_nextDue);
        return next;
    }

    private bool HasPlace => _areKeysUnclear || _onTheWay.Count < _policy.InFlight(_roundTrip.Usual);

    private SharedRoundTrip<TEntity, TKey>? Take(ref List<PointRead<TEntity, TKey>>? late)
    {
        SharedRoundTrip<TEntity, TKey>? trip = null;
        var most = _areKeysUnclear ? 1 : Math.Min(_policy.MaxKeys, _sizes.RowsWithin(_policy.MaxBytes));
        var oldest = _runtime.Now - _policy.MaxWait;
        while (_waiting.TryPeek(out var next))
        {
            if (next.HasEnded || next.AskedAt < oldest)
            {
                (late ??= []).Add(_waiting.Dequeue());
                continue;
            }

            var isAlone = _sizes.IsAlone(next.Key);
            if (trip is not null && (isAlone || trip.Count == most))
            {
                break;
            }

            trip ??= _spare.TryPop(out var spare) ? spare : new SharedRoundTrip<TEntity, TKey>();
            trip.Add(_waiting.Dequeue());
            if (isAlone)
            {
                break;
            }
        }

        if (trip is not null)
        {
            _onTheWay.Add(trip);
            _usual = Math.Max(trip.Count, _usual - ((_usual - trip.Count) / 4));
        }

        return trip;
    }

    // Awaited once, where it is called: the state can be used again.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AloneAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        var read = trip.Reads[0];
        var startedAt = _runtime.Now;
        try
        {
            var answer = await _store.FindAsync(_map, read.Key, read.Guard, trip.Token).ConfigureAwait(false);
            lock (_lock)
            {
                _roundTrip.Took(_runtime.Now - startedAt);
                _sizes.Worked(read.Key);
                if (answer.Value is { } found && !EqualityComparer<TKey>.Default.Equals(_map.KeyOf(found), read.Key))
                {
                    // The server calls keys equal that differ here, so rows can't be told apart by them.
                    _areKeysUnclear = true;
                }
            }

            if (read.TryEnd())
            {
                read.Answered(answer);
            }
        }
        catch (Exception exception)
        {
            lock (_lock)
            {
                if (exception is not StoreFaultException { Kind: not (StoreFaultKind.Rejected or StoreFaultKind.Conflict) })
                {
                    _sizes.Failed(read.Key);
                }
            }

            if (read.TryEnd())
            {
                read.Failed(exception);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TogetherAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        var startedAt = _runtime.Now;
        try
        {
            var answer = await _store.FindEachAsync(_map, _territory, trip.Keys(), trip.Guard(), trip.Token).ConfigureAwait(false);
            if (answer.Value is { } rows)
            {
                Answer(trip, rows, answer.Stamp, _runtime.Now - startedAt);
                return;
            }
        }
        catch (StoreFaultException fault) when (fault.Kind is not (StoreFaultKind.Rejected or StoreFaultKind.Conflict))
        {
            // One round trip has failed, however many it was for. Who has gone doesn't tell.
            var wasTold = false;
            foreach (var read in trip.Reads)
            {
                if (read.TryEnd())
                {
                    read.Failed(wasTold ? fault.Echo() : fault);
                    wasTold = true;
                }
            }

            return;
        }
        catch (Exception)
        {
            // One of them is to blame; alone it will be found out which.
        }

        await OneByOneAsync(trip).ConfigureAwait(false);
    }

    private async ValueTask OneByOneAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        foreach (var read in trip.Reads)
        {
            SharedRoundTrip<TEntity, TKey>? alone = null;
            lock (_lock)
            {
                if (!read.HasEnded)
                {
                    alone = new SharedRoundTrip<TEntity, TKey>();
                    alone.Add(read);
                }
            }

            if (alone is not null)
            {
                await AloneAsync(alone).ConfigureAwait(false);
            }
        }
    }

    private void Answer(SharedRoundTrip<TEntity, TKey> trip, SizedRow<TEntity>[] rows, in ReadStamp stamp, TimeSpan took)
    {
        lock (_lock)
        {
            _roundTrip.Took(took);
            for (var i = 0; i < rows.Length; i++)
            {
                if (rows[i].Entity is not null)
                {
                    _sizes.Learn(trip.Reads[i].Key, rows[i].Bytes);
                }
            }
        }

        for (var i = 0; i < rows.Length; i++)
        {
            if (trip.Reads[i].TryEnd())
            {
                trip.Reads[i].Answered(new StoreRead<TEntity?>(rows[i].Entity, stamp));
            }
        }
    }

    /// <summary>One timer looks after all: it is set to the next time that something could be due, and looks for itself then.</summary>
    private void WakeAt(TimeSpan at)
    {
        if (at < _timerAt)
        {
            _timerAt = at;
            var left = at - _runtime.Now;
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, left.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
        }
    }

    private void LookAfterAll()
    {
        List<PointRead<TEntity, TKey>>? due = null;
        List<PointRead<TEntity, TKey>>? late = null;
        SharedRoundTrip<TEntity, TKey>? next;
        lock (_lock)
        {
            _timerAt = TimeSpan.MaxValue;
            if (_nextDue <= _runtime.Now)
            {
                due = TakeDue();
            }

            next = TakeIfMay(ref late);
        }

        Throttle(late);
        foreach (var read in due ?? [])
        {
            // What was never sent says nothing of the node.
            Leave(read, read.RoundTrip is null ? Crowded : static () => new TimeoutException());
        }

        Send(next);
    }

    private List<PointRead<TEntity, TKey>>? TakeDue()
    {
        List<PointRead<TEntity, TKey>>? due = null;
        var now = _runtime.Now;
        _nextDue = TimeSpan.MaxValue;
        foreach (var read in _onTheWay.SelectMany(static trip => trip.Reads).Concat(_waiting))
        {
            if (read.HasEnded)
            {
                continue;
            }

            if (read.Due <= now && read.More() is var more)
            {
                if (more <= TimeSpan.Zero)
                {
                    (due ??= []).Add(read);
                    continue;
                }

                read.Due = now + more;
            }

            _nextDue = read.Due < _nextDue ? read.Due : _nextDue;
        }

        return due;
    }

    private static void EndAll(SharedRoundTrip<TEntity, TKey> trip, Exception error)
    {
        foreach (var read in trip.Reads)
        {
            if (read.TryEnd())
            {
                read.Failed(error);
            }
        }
    }

    private static void Throttle(List<PointRead<TEntity, TKey>>? reads)
    {
        foreach (var read in reads ?? [])
        {
            if (read.TryEnd())
            {
                read.Failed(Crowded());
            }
        }
    }

    private static StoreFaultException Crowded() => new(StoreFaultKind.Throttled, WriteDisposition.NotApplied, "Too many reads wait for the endpoint.");
}
