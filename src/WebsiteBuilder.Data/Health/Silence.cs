namespace WebsiteBuilder.Data.Health;

/// <summary>What a look at a silent node leads to.</summary>
internal enum SilenceVerdict
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The node is asked something that takes no time.</summary>
    Ping = 1,

    /// <summary>It didn't answer that either.</summary>
    Gone = 2,
}

/// <summary>
/// Finds out a node that accepts and never answers. While somebody waits for it and it says nothing at all to anybody it is silent; before long it is pinged, and if it goes on saying nothing
/// it is gone. So one slow query, or many, don't condemn a node that answers a ping. Time is counted in looks, so that a process that stood still doesn't take its own sleep for the node's.
/// Pure. Guarded by its owner.
/// </summary>
internal struct Silence
{
    /// <summary>How many looks a silence lasts that means that the node is gone.</summary>
    public const int Looks = 8;

    /// <summary>How many of them pass before the node is pinged; the ping has the others to be answered in.</summary>
    public const int LooksBeforePing = 3;

    /// <summary>What is slow all the time needs no ping all the time.</summary>
    private const int MostPatience = 4;

    private long _heard;
    private int _silent;
    private int _pingedAt;
    private int _patience;

    /// <summary>Looks at the node.</summary>
    /// <param name="waiting">How many wait for it.</param>
    /// <param name="heard">How often it has said anything; only whether that has changed counts.</param>
    /// <param name="scale">How many times longer than usual a silence must be, because the node is far; 1 or more.</param>
    public SilenceVerdict Look(int waiting, long heard, int scale)
    {
        if (waiting == 0 || heard != _heard)
        {
            this = new Silence { _heard = heard };
            return SilenceVerdict.None;
        }

        _silent++;
        if (_pingedAt > 0)
        {
            return _silent - _pingedAt >= (Looks - LooksBeforePing) * scale ? SilenceVerdict.Gone : SilenceVerdict.None;
        }

        if (_silent < LooksBeforePing * scale << _patience)
        {
            return SilenceVerdict.None;
        }

        _pingedAt = _silent;
        return SilenceVerdict.Ping;
    }

    /// <summary>The ping was answered, or told nothing: what is waited for only takes long.</summary>
    public void Pinged()
    {
        _silent = 0;
        _pingedAt = 0;
        _patience = Math.Min(_patience + 1, MostPatience >> 1);
    }
}
