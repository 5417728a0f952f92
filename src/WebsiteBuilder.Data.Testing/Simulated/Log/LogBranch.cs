using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// One history of a shard's log, as one primary writes it. A promotion forks it: the records up to the switch point are shared with the parent,
/// later ones are each branch's own. As with PostgreSQL's timelines, a new branch has no name until a client meets it.
/// </summary>
internal sealed class LogBranch
{
    /// <summary>Positions count in steps of eight, as log records are aligned.</summary>
    public const ulong Alignment = 8;

    private readonly List<LogRecord> _records = [];
    private readonly List<LogRecord> _lost = [];
    private readonly int _shared;
    private readonly IReadOnlyList<HistoryAncestor> _ancestors;

    public LogBranch(ulong origin)
    {
        Origin = origin;
        ForkedAt = origin;
        Timeline = 1;
        _ancestors = [];
    }

    private LogBranch(LogBranch parent, int ordinal, int shared)
    {
        Parent = parent;
        Ordinal = ordinal;
        Origin = parent.Origin;
        Timeline = parent.Timeline + 1;
        _shared = shared;
        ForkedAt = shared == 0 ? Origin : parent[shared - 1].End;
        FlushedCount = shared;
        var ancestors = parent._ancestors.Select(ancestor => ancestor with { End = Math.Min(ancestor.End, ForkedAt) });
        _ancestors = parent.History is { } history && parent.NamedAt <= ForkedAt ? [.. ancestors, new HistoryAncestor(history.Id, ForkedAt)] : [.. ancestors];
    }

    /// <summary>Its place among the branches of its shard, in the order in which they came into being; 0 for the first.</summary>
    public int Ordinal { get; }

    /// <summary>The branch that this one left; null for the first.</summary>
    public LogBranch? Parent { get; }

    public uint Timeline { get; }

    /// <summary>The records that were written on this branch, oldest first, without those that it shares with its parent.</summary>
    public IReadOnlyList<LogRecord> Records => _records;

    /// <summary>The records that crashes took back, in the order in which they were written.</summary>
    public IReadOnlyList<LogRecord> Lost => _lost;

    /// <summary>The named history; null while nobody has named it.</summary>
    public LogHistory? History { get; private set; }

    /// <summary>Whoever has replayed this position knows the branch's name.</summary>
    public ulong NamedAt { get; private set; } = ulong.MaxValue;

    /// <summary>Where the first record of all begins.</summary>
    public ulong Origin { get; }

    /// <summary>The switch point: where this branch leaves the one that it grew from.</summary>
    public ulong ForkedAt { get; }

    /// <summary>How many records the log has, from the very first.</summary>
    public int Count => _shared + _records.Count;

    /// <summary>How many of them are on disk.</summary>
    public int FlushedCount { get; private set; }

    public ulong End => EndOf(Count);

    /// <summary>Up to where it is on disk.</summary>
    public ulong Flushed => EndOf(FlushedCount);

    /// <summary>A record by its place in the whole log.</summary>
    public LogRecord this[int index]
    {
        get
        {
            var branch = this;
            while (index < branch._shared)
            {
                branch = branch.Parent!;
            }

            return branch._records[index - branch._shared];
        }
    }

    /// <summary>Where the first so many records end.</summary>
    public ulong EndOf(int count) => count == 0 ? Origin : this[count - 1].End;

    /// <summary>Whether a record is in this log.</summary>
    public bool Holds(LogRecord record) => record.Index < Count && this[record.Index] == record;

    public LogRecord Append(IReadOnlyList<RowChange> changes, ulong length, TimeSpan now, IReadOnlyList<OperationChange>? operations = null)
    {
        var end = End;
        var record = new LogRecord(this, Count, end, end + (length * Alignment), now, changes, operations ?? []);
        _records.Add(record);
        return record;
    }

    /// <summary>Puts all of it on disk, from where it goes to the replicas.</summary>
    public void Flush(TimeSpan now)
    {
        for (; FlushedCount < Count; FlushedCount++)
        {
            this[FlushedCount].SentAt = now;
        }
    }

    /// <summary>A crash: what isn't on disk is gone, and the next records get its positions.</summary>
    /// <returns>Whether anything was lost.</returns>
    public bool Crash()
    {
        var kept = FlushedCount - _shared;
        if (kept == _records.Count)
        {
            return false;
        }

        foreach (var record in _records.Skip(kept))
        {
            record.IsLost = true;
            _lost.Add(record);
        }

        _records.RemoveRange(kept, _records.Count - kept);
        return true;
    }

    /// <summary>Names the history by a record of its own, so that replicas learn the name when they replay it.</summary>
    public void Name(HistoryId id, TimeSpan now)
    {
        History = new LogHistory(id, Timeline, _ancestors);
        NamedAt = Append([], length: 1, now).End;
        Flush(now);
    }

    /// <summary>The newest history in this log whose name somebody knows who has it up to a position; null for none.</summary>
    public LogHistory? NamedUpTo(ulong position)
    {
        var branch = this;
        while (branch.NamedAt > position)
        {
            if (branch.Parent is not { } parent)
            {
                return null;
            }

            position = Math.Min(position, branch.ForkedAt);
            branch = parent;
        }

        return branch.History;
    }

    /// <summary>A branch with the next number that shares this many records.</summary>
    public LogBranch Fork(int ordinal, int shared) => new(this, ordinal, shared);
}
