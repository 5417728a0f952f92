using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>What a look at the queue asks for, outside its lock.</summary>
/// <param name="Next">The round trip to send; null for none.</param>
/// <param name="Refused">Reads that there was no room or time for.</param>
/// <param name="Due">Reads whose time is up.</param>
/// <param name="Late">Reads that take longer than usual.</param>
/// <param name="WakeAt">When to look again.</param>
internal readonly record struct PointTurn<TEntity, TKey>(
    SharedRoundTrip<TEntity, TKey>? Next, List<PointRead<TEntity, TKey>>? Refused, List<PointRead<TEntity, TKey>>? Due, List<PointRead<TEntity, TKey>>? Late, TimeSpan WakeAt)
    where TEntity : class
    where TKey : notnull;

/// <summary>
/// The reads that wait at one endpoint and those that are on their way: who goes out next, with whom, and whose time is up. Sends nothing, and time is an argument. Thread-safe.
/// </summary>
internal sealed class PointQueue<TEntity, TKey>(CoalescingPolicy policy)
    where TEntity : class
    where TKey : notnull
{
    private const int MaxSpare = 8;
    private const int ManyWaiting = 1_000;
    private static readonly TimeSpan LookForLateEvery = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<PointRead<TEntity, TKey>> _waiting = new();
    private readonly List<SharedRoundTrip<TEntity, TKey>> _onTheWay = [];
    private readonly Stack<SharedRoundTrip<TEntity, TKey>> _spare = [];
    private readonly RowSizes<TKey> _sizes = new(policy.LargeRow);
    private RoundTripTime _roundTrip;
    private double _usual;
    private TimeSpan _nextDue = TimeSpan.MaxValue;
    private TimeSpan _lookForLateFrom;
    private bool _areKeysUnclear;

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

    public PointTurn<TEntity, TKey> Add(PointRead<TEntity, TKey> read, TimeSpan now)
    {
        List<PointRead<TEntity, TKey>>? refused = null;
        lock (_lock)
        {
            if (_waiting.Count < policy.MaxWaiting)
            {
                _waiting.Enqueue(read);
                Await(read);
            }
            else
            {
                refused = [read];
            }

            return Turn(now, refused);
        }
    }

    /// <summary>A round trip has ended: its place is free.</summary>
    public PointTurn<TEntity, TKey> Replace(SharedRoundTrip<TEntity, TKey> ended, TimeSpan now)
    {
        lock (_lock)
        {
            _onTheWay.Remove(ended);
            if (ended.TryReset() && _spare.Count < MaxSpare)
            {
                _spare.Push(ended);
            }

            return Turn(now);
        }
    }

    /// <summary>Time has passed.</summary>
    public PointTurn<TEntity, TKey> Look(TimeSpan now)
    {
        lock (_lock)
        {
            List<PointRead<TEntity, TKey>>? due = null, late = null;
            if (_nextDue <= now)
            {
                TakeDue(now, ref due, ref late);
            }

            return Turn(now) with { Due = due, Late = late };
        }
    }

    /// <summary>Whoever waits for a read has gone, or its time is up; false if it has ended already. Its round trip goes on while others are on it.</summary>
    /// <param name="read">The read.</param>
    /// <param name="stop">Stops the round trip that nobody is on any more; null while somebody is.</param>
    public bool TryLeave(PointRead<TEntity, TKey> read, out CancellationTokenSource? stop)
    {
        lock (_lock)
        {
            var left = read.TryEnd();
            stop = left ? read.RoundTrip?.Leave() : null;
            return left;
        }
    }

    /// <summary>Takes a read out that hasn't been sent; false if it has, or has ended.</summary>
    public bool TryLeaveUnsent(PointRead<TEntity, TKey> read)
    {
        lock (_lock)
        {
            return read.RoundTrip is null && read.TryEnd();
        }
    }

    /// <summary>Whether fewer wait than so many who went together would leave: they have only just been answered.</summary>
    public bool IsTooEarly(int together)
    {
        lock (_lock)
        {
            return _waiting.Count < together / 2;
        }
    }

    /// <summary>A round trip of its own, in the place that a shared one holds; null if the read has ended.</summary>
    public SharedRoundTrip<TEntity, TKey>? Apart(PointRead<TEntity, TKey> read)
    {
        lock (_lock)
        {
            if (read.HasEnded)
            {
                return null;
            }

            var alone = new SharedRoundTrip<TEntity, TKey>();
            alone.Add(read);
            return alone;
        }
    }

    /// <summary>A read alone was answered.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="isOther">Whether the row has another key than was asked for: the server calls keys equal that differ here, so rows can't be told apart by them.</param>
    public void AnsweredAlone(TKey key, TimeSpan took, bool isOther)
    {
        lock (_lock)
        {
            _roundTrip.Took(took);
            _sizes.Worked(key);
            _areKeysUnclear |= isOther;
        }
    }

    /// <summary>A read alone failed for a reason of its own.</summary>
    public void FailedAlone(TKey key)
    {
        lock (_lock)
        {
            _sizes.Failed(key);
        }
    }

    public void AnsweredTogether(SharedRoundTrip<TEntity, TKey> trip, ReadOnlySpan<SizedRow<TEntity>> rows, TimeSpan took)
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
    }

    /// <summary>Takes those that may go out now. Whoever waits for others although there is a place doesn't wait for long.</summary>
    private PointTurn<TEntity, TKey> Turn(TimeSpan now, List<PointRead<TEntity, TKey>>? refused = null)
    {
        SharedRoundTrip<TEntity, TKey>? next = null;
        var wakeAt = _nextDue;
        if (_waiting.TryPeek(out var first) && HasPlace)
        {
            var until = first.AskedAt + policy.WaitStep;
            if (_onTheWay.Count == 0 || _areKeysUnclear || _waiting.Count >= _usual * policy.Gathering || _roundTrip.Usual > policy.WaitStep || now >= until)
            {
                next = Take(now, ref refused);
            }
            else
            {
                wakeAt = until < wakeAt ? until : wakeAt;
            }
        }

        return new PointTurn<TEntity, TKey>(next, refused, null, null, wakeAt);
    }

    private bool HasPlace => _areKeysUnclear || _onTheWay.Count < policy.InFlight(_roundTrip.Usual);

    private SharedRoundTrip<TEntity, TKey>? Take(TimeSpan now, ref List<PointRead<TEntity, TKey>>? refused)
    {
        SharedRoundTrip<TEntity, TKey>? trip = null;
        var most = _areKeysUnclear ? 1 : Math.Min(policy.MaxKeys, _sizes.RowsWithin(policy.MaxBytes));
        var oldest = now - policy.MaxWait;
        while (_waiting.TryPeek(out var next))
        {
            if (next.HasEnded || next.AskedAt < oldest)
            {
                (refused ??= []).Add(_waiting.Dequeue());
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

    private void TakeDue(TimeSpan now, ref List<PointRead<TEntity, TKey>>? due, ref List<PointRead<TEntity, TKey>>? late)
    {
        _nextDue = TimeSpan.MaxValue;

        // Who is late may be noticed a little later; looking at all of them again and again would cost those who add and take.
        _lookForLateFrom = now + LookForLateEvery + (LookForLateEvery * _waiting.Count / ManyWaiting);
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

            if (read.LateAt <= now)
            {
                (late ??= []).Add(read);
                read.LateAt = TimeSpan.MaxValue;
            }

            Await(read);
        }
    }

    private void Await(PointRead<TEntity, TKey> read)
    {
        var late = read.LateAt > _lookForLateFrom ? read.LateAt : _lookForLateFrom;
        var next = late < read.Due ? late : read.Due;
        _nextDue = next < _nextDue ? next : _nextDue;
    }
}
