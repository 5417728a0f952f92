namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// Commits of a primary that are in its log and wait for a synchronous standby. Replicas may show them already; the primary doesn't, and whoever wants to write the
/// same row, or a unique value of it, waits.
/// </summary>
internal sealed class PendingCommits
{
    // Oldest first, and nearly always empty.
    private readonly List<LogRecord> _records = [];

    public int Count => _records.Count;

    public LogRecord this[int index] => _records[index];

    public void Add(LogRecord record) => _records.Add(record);

    public bool Remove(LogRecord record) => _records.Remove(record);

    public bool Block(RowChange change)
    {
        foreach (var record in _records)
        {
            foreach (var pending in record.Changes)
            {
                if (pending.Key == change.Key || Collide(pending.Row, change.Row))
                {
                    return true;
                }
            }
        }

        return false;
    }

    public bool Block(string key)
    {
        foreach (var record in _records)
        {
            foreach (var pending in record.Changes)
            {
                if (pending.Key == key)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether one of them writes an operation row, so that whoever wants to write it too must wait.</summary>
    public bool Block(Guid operation)
    {
        foreach (var record in _records)
        {
            foreach (var row in record.Operations)
            {
                if (row.Id == operation)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Whether one of them was written at a time or before it.</summary>
    public bool HasOneSince(TimeSpan time)
    {
        foreach (var record in _records)
        {
            if (record.WrittenAt <= time)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All of them, oldest first, which are no longer waiting.</summary>
    public IReadOnlyList<LogRecord> TakeAll()
    {
        if (_records.Count == 0)
        {
            return [];
        }

        LogRecord[] all = [.. _records];
        _records.Clear();
        return all;
    }

    private static bool Collide(StoredRow? one, StoredRow? other)
    {
        if (one is null || other is null)
        {
            return false;
        }

        foreach (var value in one.Unique)
        {
            if (other.Unique.Contains(value))
            {
                return true;
            }
        }

        return false;
    }
}
