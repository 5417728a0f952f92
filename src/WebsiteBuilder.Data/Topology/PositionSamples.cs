namespace WebsiteBuilder.Data.Topology;

/// <summary>
/// What the primary's log position was, and when: the clock by which staleness is measured, with no replica's clock involved. A sample's
/// time is taken before the primary was asked, so whoever has its position has all that was acknowledged before that time.
/// Thread-safe.
/// </summary>
internal sealed class PositionSamples(int capacity = 4_096)
{
    private const int FirstLength = 64;

    private readonly Lock _lock = new();

    /// <summary>Grows to the capacity: most shards are read and written less often than would fill it.</summary>
    private Sample[] _ring = new Sample[Math.Min(capacity, FirstLength)];
    private int _start;
    private int _count;
    private HistoryId _history;

    private readonly record struct Sample(ulong Position, TimeSpan First, TimeSpan Last, TimeSpan Heard);

    public ulong Newest
    {
        get
        {
            lock (_lock)
            {
                return _count == 0 ? 0 : At(_count - 1).Position;
            }
        }
    }

    /// <summary>Adds a sample; one of another history than the current one is none.</summary>
    /// <param name="history">The history that the primary was on.</param>
    /// <param name="askedAt">When it was asked.</param>
    /// <param name="position">What it said.</param>
    /// <param name="heardAt">When its answer was here; the time of asking if nobody will want to know.</param>
    public void Add(HistoryId history, TimeSpan askedAt, ulong position, TimeSpan? heardAt = null)
    {
        lock (_lock)
        {
            if (history != _history)
            {
                return;
            }

            if (_count > 0)
            {
                ref var newest = ref At(_count - 1);
                if (position == newest.Position)
                {
                    newest = newest with { Last = askedAt > newest.Last ? askedAt : newest.Last };
                    return;
                }

                if (position < newest.Position || askedAt <= newest.Last)
                {
                    return;
                }
            }

            if (_count == _ring.Length && _count < capacity)
            {
                Grow();
            }

            if (_count == _ring.Length)
            {
                _start = (_start + 1) % _ring.Length;
                _count--;
            }

            _count++;
            At(_count - 1) = new Sample(position, askedAt, askedAt, heardAt ?? askedAt);
        }
    }

    /// <summary>When everything acknowledged was at or below this position for the last time; null when no sample is that old.</summary>
    public TimeSpan? CurrentAt(ulong position)
    {
        lock (_lock)
        {
            var index = LastAtOrBelow(position);
            return index < 0 ? null : At(index).Last;
        }
    }

    /// <summary>The position that whoever has it was current at or after a time; null when there is no sample since then.</summary>
    public ulong? CurrentSince(TimeSpan since)
    {
        lock (_lock)
        {
            int low = 0, high = _count - 1;
            while (low <= high)
            {
                var middle = (low + high) / 2;
                (low, high) = At(middle).Last < since ? (middle + 1, high) : (low, middle - 1);
            }

            return low < _count ? At(low).Position : null;
        }
    }

    /// <summary>When this position is first known to have been reached; null when it is newer than all samples.</summary>
    public TimeSpan? ReachedAt(ulong position)
    {
        lock (_lock)
        {
            return FirstAtOrAbove(position) is { } sample ? sample.First : null;
        }
    }

    /// <summary>By when this position had been reached for sure, so that what came into the log later lies behind it; null when it is newer than all samples.</summary>
    public TimeSpan? HeardAt(ulong position)
    {
        lock (_lock)
        {
            return FirstAtOrAbove(position) is { } sample ? sample.Heard : null;
        }
    }

    /// <summary>
    /// Goes over to a new history, which shares positions with the old one up to an end. What lies behind the end is void, and so is what lies
    /// at it: while the old primary stood still there, the new one may have taken writes already; before it got there, nobody can have been
    /// promoted at it.
    /// </summary>
    public void Enter(HistoryId history, ulong sharedEnd)
    {
        lock (_lock)
        {
            _history = history;
            while (_count > 0 && At(_count - 1).Position >= sharedEnd)
            {
                _count--;
            }
        }
    }

    private void Grow()
    {
        var longer = new Sample[Math.Min(capacity, _ring.Length * 2)];
        for (var i = 0; i < _count; i++)
        {
            longer[i] = At(i);
        }

        _ring = longer;
        _start = 0;
    }

    private Sample? FirstAtOrAbove(ulong position)
    {
        var index = position == 0 ? 0 : LastAtOrBelow(position - 1) + 1;
        return index >= _count ? null : At(index);
    }

    private int LastAtOrBelow(ulong position)
    {
        int low = 0, high = _count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (At(middle).Position <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high;
    }

    private ref Sample At(int index) => ref _ring[(_start + index) % _ring.Length];
}
