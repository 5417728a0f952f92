namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// What connections have seen of one run of a server, on one history and in one role. As long as a connection lives its server goes on: what was replayed once stays replayed, and who
/// was the primary stays it. So what one read saw need not be asked again by the next. A server that starts again, even by itself after a crash, ends all its connections first, and may
/// come back behind where it was: that is another run. Thread-safe.
/// </summary>
/// <param name="first">What was seen first; it names the history, and the node is on it.</param>
/// <param name="firstAskedAt">When that had been asked.</param>
internal sealed class ServerRun(LoStamp first, TimeSpan firstAskedAt)
{
    private readonly Lock _lock = new();
    private ulong _replayed = first.Replayed ?? 0;
    private TimeSpan _joinedAt = firstAskedAt;
    private TimeSpan? _seenAt;

    /// <summary>The latest that was seen, and when whoever saw it had asked; null if nothing may be relied on.</summary>
    public (LoStamp Lo, TimeSpan SeenAt)? Latest
    {
        get
        {
            lock (_lock)
            {
                return _seenAt is { } seenAt ? (first.InRecovery ? first with { Replayed = _replayed } : first, seenAt) : null;
            }
        }
    }

    /// <summary>Whether a look on one of the run's own connections still shows the same role and history.</summary>
    public bool IsStill(in LoStamp look) =>
        look.Incarnation == first.Incarnation && look.InRecovery == first.InRecovery
        && look.NamedHistory == first.NamedHistory && look.NamedTimeline == first.NamedTimeline;

    /// <summary>
    /// Whether another connection leads to the same run. It may lead to one that began after a crash that nobody has noticed: so its look must not lie behind what was seen, and what
    /// was asked on others before it doesn't count from now on.
    /// </summary>
    public bool TryJoin(in LoStamp look, TimeSpan askedAt)
    {
        lock (_lock)
        {
            if (!IsStill(look) || (look.Replayed ?? 0) < _replayed)
            {
                return false;
            }

            _joinedAt = askedAt > _joinedAt ? askedAt : _joinedAt;
            return true;
        }
    }

    /// <summary>A read was answered on one of the run's connections.</summary>
    /// <param name="replayed">What was replayed after it; 0 on a primary.</param>
    /// <param name="askedAt">When it was asked.</param>
    public void Saw(ulong replayed, TimeSpan askedAt)
    {
        lock (_lock)
        {
            if (askedAt >= _joinedAt)
            {
                _replayed = Math.Max(replayed, _replayed);
                _seenAt = _seenAt > askedAt ? _seenAt : askedAt;
            }
        }
    }

    /// <summary>Something has changed: whoever comes next has to ask.</summary>
    public void Forget()
    {
        lock (_lock)
        {
            _seenAt = null;
        }
    }
}
