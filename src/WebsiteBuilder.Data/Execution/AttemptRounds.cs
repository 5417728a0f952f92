namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// Which nodes one read has left, and why. Who is left stays left for the rest of the round; a round in which nobody is left to ask pauses, and the next one asks all again. Nodes are
/// bits. Pure: time is an argument.
/// </summary>
internal struct AttemptRounds(TimeSpan attemptTimeout, TimeSpan begunAt)
{
    private TimeSpan _begunAt = begunAt;
    private UInt128 _failed;
    private TimeSpan _failedAt;
    private int _pauses;

    /// <summary>Who isn't asked any more in this round.</summary>
    public UInt128 Excluded { get; private set; }

    /// <summary>Who was behind in this round: asked again when it should have caught up.</summary>
    public UInt128 Behind { get; private set; }

    /// <summary>A little longer each time.</summary>
    public readonly TimeSpan NextPause
    {
        get
        {
            var pause = AttemptPolicy.MinPause * (1 << Math.Min(_pauses, 7));
            return pause < AttemptPolicy.MaxPause ? pause : AttemptPolicy.MaxPause;
        }
    }

    public readonly bool WasBehind(int endpoint) => (Behind & Bit(endpoint)) != 0;

    public void NoteBehind(int endpoint) => Behind |= Bit(endpoint);

    public void Exclude(int endpoint) => Excluded |= Bit(endpoint);

    public void ExcludeFailed(int endpoint, TimeSpan now)
    {
        Exclude(endpoint);
        _failed |= Bit(endpoint);
        _failedAt = now;
    }

    /// <summary>
    /// Whether only nodes that are behind are left to ask, although others were left for a reason that may have passed. Who is behind may
    /// stay behind.
    /// </summary>
    public readonly bool IsTimeForOthers(int next, TimeSpan now) =>
        WasBehind(next) && (Excluded & ~StillFailed(now)) != 0 && now - _begunAt >= NextPause;

    /// <summary>Begins a round with those that were left, but not with those that are behind.</summary>
    public void AskOthers(TimeSpan now) => Begin(except: Behind, now);

    /// <summary>Nobody is left to ask: begins a round with all. The pause to make before it; null if none was asked in vain, so that only news can help.</summary>
    public TimeSpan? StartOver(TimeSpan now)
    {
        var pause = Excluded == 0 ? (TimeSpan?)null : NextPause;
        if ((Excluded | Behind) == _failed)
        {
            _failed = 0;
        }

        Begin(except: 0, now);
        return pause;
    }

    private static UInt128 Bit(int endpoint) => UInt128.One << endpoint;

    /// <summary>A node that failed is left alone for as long as an attempt may take: it may do nothing but hold the read up.</summary>
    private readonly UInt128 StillFailed(TimeSpan now) => now - _failedAt < attemptTimeout ? _failed : 0;

    private void Begin(UInt128 except, TimeSpan now)
    {
        _failed = StillFailed(now);
        Excluded = _failed | except;
        Behind = 0;
        _pauses++;
        _begunAt = now;
    }
}
