namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>How far a replica has received and replayed its log, and what keeps it from going on.</summary>
internal sealed class Replay(ulong origin)
{
    private bool _showsNext;

    public ulong Received { get; private set; } = origin;

    public ulong Replayed { get; private set; } = origin;

    public bool IsPaused { get; set; }

    public bool ReceivesNothing { get; set; }

    /// <summary>Rows of the next record show, while the position stays before it.</summary>
    public bool HoldsPosition { get; set; }

    public TimeSpan Delay { get; set; }

    /// <summary>Receives what has had the time to arrive.</summary>
    /// <returns>When the next record arrives; null when there is none.</returns>
    public TimeSpan? Receive(LogBranch log, TimeSpan now)
    {
        while (!ReceivesNothing && log.Next(Received) is { } record)
        {
            if (record.WrittenAt + Delay > now)
            {
                return record.WrittenAt + Delay;
            }

            Received = record.End;
        }

        return null;
    }

    /// <summary>Replays what was received.</summary>
    public void Run(LogBranch log, RowSet rows)
    {
        while (!IsPaused && Replayed < Received && log.Next(Replayed) is { } record)
        {
            if (!_showsNext)
            {
                rows.Apply(record.Change);
            }

            _showsNext = HoldsPosition;
            if (_showsNext)
            {
                return;
            }

            Replayed = record.End;
        }
    }

    /// <summary>Replays all that was received, as a promotion does, whatever else was asked for.</summary>
    public void Finish(LogBranch log, RowSet rows)
    {
        IsPaused = false;
        HoldsPosition = false;
        Run(log, rows);
    }

    /// <summary>Receives up to a position at once.</summary>
    public void ReceiveUpTo(ulong position) => Received = Math.Max(Received, position);

    /// <summary>A primary that becomes a replica has replayed all of its log.</summary>
    public void Became(ulong end)
    {
        Received = end;
        Replayed = end;
    }

    /// <summary>A server that starts shows what it had replayed, and nothing beyond.</summary>
    public void Restart(LogBranch log, RowSet rows)
    {
        _showsNext = false;
        HoldsPosition = false;
        rows.Clear();
        for (var position = log.Origin; position < Replayed && log.Next(position) is { } record; position = record.End)
        {
            rows.Apply(record.Change);
        }
    }

    /// <summary>Starts over with nothing, as a new copy of the primary does.</summary>
    public void Reset(ulong origin)
    {
        Received = origin;
        Replayed = origin;
        _showsNext = false;
        IsPaused = false;
        HoldsPosition = false;
        ReceivesNothing = false;
    }
}
