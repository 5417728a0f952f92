using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Sessions;

/// <summary>Whether an answer may be given to the caller.</summary>
internal enum ReadVerdict
{
    /// <summary>It keeps the promise.</summary>
    Good = 0,

    /// <summary>The node hasn't got, or can't prove, the required position.</summary>
    Behind = 1,

    /// <summary>The node isn't, or can't be shown to be, on the current history at that position.</summary>
    OtherHistory = 2,

    /// <summary>A primary is required and this isn't the current one.</summary>
    NotPrimary = 3,

    /// <summary>The primary's log hasn't got as far as what is required: the requirement is forged, or a crash took it back.</summary>
    BeyondLog = 4,
}

/// <summary>Compares what a read proved with what it had to prove. Pure; the only judge of answers.</summary>
internal static class ReadVerification
{
    public static ReadVerdict Judge(
        in ReadStamp stamp, int endpoint, ConsistencyLevel level, LogHistory? history, in Requirement requirement)
    {
        if (level == ConsistencyLevel.Eventual)
        {
            var strange = history is not null && !stamp.History.IsNone && !IsOn(history, stamp);
            return strange ? ReadVerdict.OtherHistory : ReadVerdict.Good;
        }

        if (history is null || !IsOn(history, stamp))
        {
            return ReadVerdict.OtherHistory;
        }

        if (stamp.IsPrimary)
        {
            return stamp.History != history.Id ? ReadVerdict.OtherHistory
                : IsBeyond(stamp.Hi, requirement.Replica) ? ReadVerdict.BeyondLog
                : stamp.Lo >= requirement.Primary || ShowsWholeLog(stamp, requirement) ? ReadVerdict.Good
                : ReadVerdict.Behind;
        }

        if (level == ConsistencyLevel.Strong)
        {
            return ReadVerdict.NotPrimary;
        }

        return stamp.Lo >= requirement.Replica || MayRepeat(stamp, endpoint, requirement) ? ReadVerdict.Good : ReadVerdict.Behind;
    }

    /// <summary>
    /// Whether all that the node may have shown belongs to the history. A node that can't name its history is believed up to the first
    /// switch point: behind that it may be on any branch that ended there.
    /// </summary>
    private static bool IsOn(LogHistory history, in ReadStamp stamp)
    {
        var end = stamp.History.IsNone ? history.FirstSwitch : history.SharedWith(stamp.History);
        return end is { } shared && stamp.Lo <= shared && stamp.Hi <= shared;
    }

    /// <summary>A replica that stopped between two records makes its session require one byte of the next, which may not exist.</summary>
    private static bool IsBeyond(ulong logEnd, ulong required) => required > logEnd && required - logEnd > 1;

    /// <summary>All that there is is proven visible, so nobody can have shown more.</summary>
    private static bool ShowsWholeLog(in ReadStamp stamp, in Requirement requirement) =>
        stamp.Lo == stamp.Hi && !IsBeyond(stamp.Hi, requirement.Primary);

    private static bool MayRepeat(in ReadStamp stamp, int endpoint, in Requirement requirement)
    {
        var repeat = requirement.Repeat;
        return repeat.Endpoint == endpoint + 1 && repeat.Incarnation == stamp.Incarnation
            && stamp.Lo >= repeat.Lo && requirement.Replica <= repeat.Hi;
    }
}
