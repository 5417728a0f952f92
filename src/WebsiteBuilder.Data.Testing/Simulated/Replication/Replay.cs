namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>How far a replica has received and replayed its log, and what keeps it from going on. Counts records; forks share theirs, so counts hold across them.</summary>
internal sealed class Replay(LogBranch log)
{
    private bool _showsNext;
    private int _replayedCount;
    private TimeSpan _heldUntil;

    public ulong Received { get; private set; } = log.Origin;

    public ulong Replayed { get; private set; } = log.Origin;

    public int ReceivedCount { get; private set; }

    public bool IsPaused { get; set; }

    /// <summary>Rows of the next record show, while the position stays before it.</summary>
    public bool HoldsPosition { get; set; }

    /// <summary>Receives the next record.</summary>
    public void Receive(LogRecord record)
    {
        Received = record.End;
        ReceivedCount = record.Index + 1;
    }

    /// <summary>Replays what was received.</summary>
    /// <param name="log">The log.</param>
    /// <param name="rows">What shows.</param>
    /// <param name="now">The time.</param>
    /// <param name="earlyRows">Until when the position stays behind the next record's rows; null where it moves with them.</param>
    /// <returns>When the position moves past rows that show too early; null when there are none, or it is held.</returns>
    public TimeSpan? Run(LogBranch log, RowSet rows, TimeSpan now, Func<TimeSpan?>? earlyRows = null)
    {
        while (!IsPaused && _replayedCount < ReceivedCount)
        {
            var record = log[_replayedCount];
            if (!_showsNext)
            {
                rows.Apply(record);
                _showsNext = true;
                _heldUntil = earlyRows?.Invoke() ?? now;
            }

            if (HoldsPosition)
            {
                return null;
            }

            if (_heldUntil > now)
            {
                return _heldUntil;
            }

            _showsNext = false;
            Replayed = record.End;
            _replayedCount++;
        }

        return null;
    }

    /// <summary>Replays all that was received, as a promotion does, whatever else was asked for.</summary>
    public void Finish(LogBranch log, RowSet rows)
    {
        IsPaused = false;
        HoldsPosition = false;
        Run(log, rows, TimeSpan.MaxValue);
    }

    /// <summary>Has all of a log: receives it at once, or was its primary.</summary>
    public void ReceiveAll(LogBranch log)
    {
        Received = log.End;
        ReceivedCount = log.Count;
    }

    /// <summary>A primary that becomes a replica has replayed all of its log.</summary>
    public void Became(LogBranch log)
    {
        ReceiveAll(log);
        Replayed = Received;
        _replayedCount = ReceivedCount;
        _showsNext = false;
    }

    /// <summary>A server that starts shows what it had replayed, and nothing beyond.</summary>
    public void Restart(LogBranch log, RowSet rows)
    {
        HoldsPosition = false;
        if (_showsNext)
        {
            _showsNext = false;
            rows.Rebuild(log, _replayedCount);
        }
    }

    /// <summary>Starts over with nothing, as a new copy of the primary does.</summary>
    public void Reset(LogBranch log, RowSet rows)
    {
        Received = log.Origin;
        Replayed = log.Origin;
        ReceivedCount = 0;
        _replayedCount = 0;
        _showsNext = false;
        IsPaused = false;
        HoldsPosition = false;
        rows.Clear();
    }
}
