using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// One history of a shard's log with all records from the very first. A promotion forks it: the records up to the switch point are shared,
/// later ones are each branch's own. As with PostgreSQL's timelines, a new branch has no name until a client meets it.
/// </summary>
internal sealed class LogBranch
{
    /// <summary>Positions count in steps of eight, as log records are aligned.</summary>
    public const ulong Alignment = 8;

    private readonly List<LogRecord> _records = [];
    private readonly ulong _origin;
    private readonly IReadOnlyList<HistoryAncestor> _ancestors;

    public LogBranch(ulong origin)
        : this(origin, origin, 1, [])
    {
    }

    private LogBranch(ulong origin, ulong forkedAt, uint timeline, IReadOnlyList<HistoryAncestor> ancestors)
    {
        _origin = origin;
        ForkedAt = forkedAt;
        _ancestors = ancestors;
        Timeline = timeline;
    }

    public uint Timeline { get; }

    /// <summary>The named history; null while nobody has named it.</summary>
    public LogHistory? History { get; private set; }

    /// <summary>Whoever has replayed this position knows the branch's name.</summary>
    public ulong NamedAt { get; private set; } = ulong.MaxValue;

    /// <summary>Where the first record begins.</summary>
    public ulong Origin => _origin;

    /// <summary>The switch point: where this branch leaves the one that it grew from.</summary>
    public ulong ForkedAt { get; }

    public ulong End => _records.Count == 0 ? _origin : _records[^1].End;

    public LogRecord Append(RowChange? change, ulong length, TimeSpan now)
    {
        var record = new LogRecord(End, End + (length * Alignment), now, change);
        _records.Add(record);
        return record;
    }

    /// <summary>Names the history by a record of its own, so that replicas learn the name when they replay it.</summary>
    public void Name(HistoryId id, TimeSpan now)
    {
        History = new LogHistory(id, Timeline, _ancestors);
        NamedAt = Append(change: null, length: 1, now).End;
    }

    /// <summary>The record that begins at a position; null at the end.</summary>
    public LogRecord? Next(ulong position)
    {
        int low = 0, high = _records.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_records[middle].Start == position)
            {
                return _records[middle];
            }

            if (_records[middle].Start < position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return null;
    }

    /// <summary>A branch with the next number that shares the records up to a position.</summary>
    public LogBranch Fork(ulong at)
    {
        var ancestors = _ancestors.Select(ancestor => ancestor with { End = Math.Min(ancestor.End, at) });
        var fork = new LogBranch(
            _origin, at, Timeline + 1, History is { } history ? [.. ancestors, new HistoryAncestor(history.Id, at)] : [.. ancestors]);
        fork._records.AddRange(_records.TakeWhile(record => record.End <= at));
        return fork;
    }
}
