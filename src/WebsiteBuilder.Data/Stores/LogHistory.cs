namespace WebsiteBuilder.Data.Stores;

/// <summary>An earlier history of a log and the position at which the next one left it.</summary>
internal readonly record struct HistoryAncestor(HistoryId Id, ulong End);

/// <summary>An earlier history whose name this log lacks: it was left before the name had arrived. The store's own number of it says which one it may be, and twins bear the same.</summary>
/// <param name="Timeline">The number.</param>
/// <param name="Start">The position at which it left the one before it, 0 for the first.</param>
internal readonly record struct NamelessAncestor(uint Timeline, ulong Start);

/// <summary>
/// One history of a shard's log with all that it grew from. Positions up to an ancestor's end mean the same in both; beyond it they
/// belong to writes that this history never had.
/// </summary>
internal sealed class LogHistory
{
    public LogHistory(HistoryId id, uint timeline, IReadOnlyList<HistoryAncestor> ancestors, IReadOnlyList<NamelessAncestor>? nameless = null, ulong? start = null)
    {
        Id = id;
        Timeline = timeline;
        Ancestors = ancestors;
        Nameless = nameless ?? [];
        Start = start ?? (ancestors.Count == 0 ? 0 : ancestors.Max(static ancestor => ancestor.End));
        FirstSwitch = ancestors.Count == 0 ? 0 : ancestors.Min(static ancestor => ancestor.End);
    }

    public HistoryId Id { get; }

    /// <summary>The store's own number of this history: PostgreSQL's timeline.</summary>
    public uint Timeline { get; }

    public IReadOnlyList<HistoryAncestor> Ancestors { get; }

    public IReadOnlyList<NamelessAncestor> Nameless { get; }

    /// <summary>Where it left the history before it, 0 for the first.</summary>
    public ulong Start { get; }

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

    /// <summary>
    /// Whether this log may have grown from another one before that one's name had arrived: it has a nameless ancestor of the same number that began where the other one did, and all that the
    /// other one grew from. A twin of the other one would look the same.
    /// </summary>
    public bool MayContinue(LogHistory other) =>
        Id != other.Id
        && CommonEnd(other) is not null
        && Nameless.Contains(new NamelessAncestor(other.Timeline, other.Start))
        && other.Ancestors.All(Ancestors.Contains)
        && other.Nameless.All(Nameless.Contains);
}
