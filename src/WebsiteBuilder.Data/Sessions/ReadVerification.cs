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
                : stamp.Hi < requirement.Replica ? ReadVerdict.BeyondLog
                : stamp.Lo >= requirement.Primary ? ReadVerdict.Good
                : ReadVerdict.Behind;
        }

        if (level == ConsistencyLevel.Strong)
        {
            return ReadVerdict.NotPrimary;
        }

        return stamp.Lo >= requirement.Replica || MayRepeat(stamp, endpoint, requirement) ? ReadVerdict.Good : ReadVerdict.Behind;
    }

    /// <summary>Whether all that the node may have shown belongs to the history. A node that can't name its history is believed up to the last switch point.</summary>
    private static bool IsOn(LogHistory history, in ReadStamp stamp)
    {
        var end = stamp.History.IsNone ? history.Start : history.SharedWith(stamp.History);
        return end is { } shared && stamp.Lo <= shared && (stamp.IsPrimary || stamp.Hi <= shared);
    }

    private static bool MayRepeat(in ReadStamp stamp, int endpoint, in Requirement requirement)
    {
        var repeat = requirement.Repeat;
        return repeat.Endpoint == endpoint + 1 && repeat.Incarnation == stamp.Incarnation
            && stamp.Lo >= repeat.Lo && requirement.Replica <= repeat.Hi;
    }
}
