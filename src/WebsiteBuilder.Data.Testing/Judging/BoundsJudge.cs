namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Finds operations that outlast the time that they were given (<see cref="Operation.Timeout"/>) or their caller's patience
/// (<see cref="Operation.CancelledAt"/>), and those that claim a cancellation before there was one. Pure.
/// </summary>
public static class BoundsJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order. Those without timeout, or with a negative one, may take as long as they like.</param>
    /// <param name="slack">How much later than its timeout an operation may complete, at least zero.</param>
    /// <param name="cancellationSlack">How much later than its cancellation an operation may complete, at least zero; as much as <paramref name="slack"/> if null.</param>
    /// <returns>The violations in the order of the history; of one operation the timeout first.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A slack is negative.</exception>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, TimeSpan slack, TimeSpan? cancellationSlack = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentOutOfRangeException.ThrowIfLessThan(slack, TimeSpan.Zero);
        var patience = cancellationSlack ?? slack;
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, TimeSpan.Zero, nameof(cancellationSlack));
        var found = new List<Violation>();
        for (var i = 0; i < history.Count; i++)
        {
            var operation = history[i];
            var took = operation.Completed - operation.Invoked;
            if (operation.Timeout is { } timeout && timeout >= TimeSpan.Zero && took - slack > timeout)
            {
                found.Add(Late(i, operation, $"took {Wording.Time(took)}, {Wording.Time(timeout)} were allowed"));
            }

            if (operation.CancelledAt is not { } at)
            {
                continue;
            }

            var waited = operation.Completed - (at > operation.Invoked ? at : operation.Invoked);
            if (waited > patience)
            {
                found.Add(Late(i, operation, $"went on for {Wording.Time(waited)} after its caller gave up"));
            }
            else if (operation.WasCancelled && operation.Completed < at)
            {
                found.Add(Late(i, operation, $"ended as cancelled {Wording.Time(at - operation.Completed)} before its caller gave up"));
            }
        }

        return found;
    }

    private static Violation Late(int index, Operation operation, string what) => new()
    {
        Judge = nameof(BoundsJudge),
        Operation = index,
        Explanation = $"the {operation.Kind} of session {Wording.Number(operation.Session)} from {Wording.Interval(operation.Invoked, operation.Completed)} {what}",
    };
}
