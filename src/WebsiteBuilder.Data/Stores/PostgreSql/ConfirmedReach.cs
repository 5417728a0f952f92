namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Up to where a replica's log is known to be of a history. While its receiver runs, the receiver's timeline says so; when the primary is
/// gone the receiver is too, and only what was received before is sure. Thread-safe.
/// </summary>
internal sealed class ConfirmedReach
{
    private readonly Lock _lock = new();
    private HistoryId _history;
    private ulong _end;

    public void Confirm(HistoryId history, ulong end)
    {
        lock (_lock)
        {
            _end = history == _history ? Math.Max(end, _end) : end;
            _history = history;
        }
    }

    public bool Covers(HistoryId history, ulong position)
    {
        lock (_lock)
        {
            return history == _history && position <= _end;
        }
    }
}
