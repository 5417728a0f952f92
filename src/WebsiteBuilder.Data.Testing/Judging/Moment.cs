namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>An invocation or a completion. Judges walk along them.</summary>
internal readonly record struct Moment(TimeSpan At, int Operation, bool Completes)
{
    /// <summary>Those of a history in the order of time; those of one instant in the order of the history.</summary>
    public static Moment[] Of(IReadOnlyList<Operation> history)
    {
        var moments = new Moment[history.Count * 2];
        for (var i = 0; i < history.Count; i++)
        {
            moments[2 * i] = new Moment(history[i].Invoked, i, Completes: false);
            moments[(2 * i) + 1] = new Moment(history[i].Completed, i, Completes: true);
        }

        Array.Sort(moments, Compare);
        return moments;
    }

    private static int Compare(Moment one, Moment other)
    {
        var byTime = one.At.CompareTo(other.At);
        var byOperation = byTime != 0 ? byTime : one.Operation.CompareTo(other.Operation);
        return byOperation != 0 ? byOperation : one.Completes.CompareTo(other.Completes);
    }
}
