namespace WebsiteBuilder.Data.Stores;

/// <summary>An earlier history of a log and the position at which the next one left it.</summary>
internal readonly record struct HistoryAncestor(HistoryId Id, ulong End);

/// <summary>
/// One history of a shard's log with all that it grew from. Positions up to an ancestor's end mean the same in both; beyond it they
/// belong to writes that this history never had.
/// </summary>
internal sealed class LogHistory
{
    private const int MaxAbandoned = 16;

    private readonly LogHistory[] _abandoned;

    public LogHistory(HistoryId id, uint timeline, IReadOnlyList<HistoryAncestor> ancestors)
        : this(id, timeline, ancestors, [])
    {
    }

    private LogHistory(HistoryId id, uint timeline, IReadOnlyList<HistoryAncestor> ancestors, LogHistory[] abandoned)
    {
        _abandoned = abandoned;
        Id = id;
        Timeline = timeline;
        Ancestors = ancestors;
        FirstSwitch = ancestors.Count == 0 ? 0 : ancestors.Min(static ancestor => ancestor.End);
    }

    public HistoryId Id { get; }

    /// <summary>The store's own number of this history: PostgreSQL's timeline.</summary>
    public uint Timeline { get; }

    public IReadOnlyList<HistoryAncestor> Ancestors { get; }

    /// <summary>Up to where all branches of this log are the same: the first switch point, 0 if there was none.</summary>
    public ulong FirstSwitch { get; }

    /// <summary>Up to which position another history's positions hold here; null when nothing is known in common.</summary>
    public ulong? SharedWith(HistoryId other)
    {
        if (other == Id)
        {
            return ulong.MaxValue;
        }

        foreach (var ancestor in Ancestors)
        {
            if (ancestor.Id == other)
            {
                return ancestor.End;
            }
        }

        return null;
    }

    /// <summary>
    /// Where another history's positions end to mean the same here, also that of a branch that was given up, as long as somebody has seen it; null when
    /// nothing is known in common.
    /// </summary>
    public ulong? EndOf(HistoryId other) =>
        SharedWith(other) ?? (Array.Find(_abandoned, log => log.Id == other) is { } abandoned ? CommonEnd(abandoned) : null);

    /// <summary>
    /// The same history, which remembers what others were seen besides: once a twin has yielded, nobody can name its branch any more, while sessions still
    /// hold positions on it. The newest sixteen are kept.
    /// </summary>
    public LogHistory Remembering(LogHistory? before, IEnumerable<LogHistory> seen)
    {
        var others = (before is null ? [] : before._abandoned.Append(before))
            .Concat(seen)
            .Where(IsSibling)
            .DistinctBy(static log => log.Id)
            .TakeLast(MaxAbandoned)
            .ToArray();
        return others.Length == _abandoned.Length && others.All(log => Array.Exists(_abandoned, known => known.Id == log.Id))
            ? this
            : new LogHistory(Id, Timeline, Ancestors, others);
    }

    /// <summary>A history that continues this one isn't abandoned: whoever is on it knows more.</summary>
    private bool IsSibling(LogHistory log) => SharedWith(log.Id) is null && log.SharedWith(Id) is null && CommonEnd(log) is not null;

    /// <summary>How many abandoned branches it remembers.</summary>
    public int Abandoned => _abandoned.Length;

    /// <summary>Up to which position the two logs are the same; null when nothing is known in common.</summary>
    public ulong? CommonEnd(LogHistory other)
    {
        if (SharedWith(other.Id) is { } mine)
        {
            return mine;
        }

        if (other.SharedWith(Id) is { } theirs)
        {
            return theirs;
        }

        ulong? end = null;
        foreach (var ancestor in Ancestors)
        {
            if (other.SharedWith(ancestor.Id) is { } shared)
            {
                end = Math.Max(end ?? 0, Math.Min(ancestor.End, shared));
            }
        }

        return end;
    }

    public bool Continues(LogHistory other) => Id != other.Id && SharedWith(other.Id) is not null;
}
