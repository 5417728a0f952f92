namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>Finds operations that fail although all faults were healed long enough before. Pure.</summary>
public static class RecoveryJudge
{
    private static readonly string[] Answers = [nameof(ConflictException)];

    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order. Those that their callers cancelled are passed over.</param>
    /// <param name="healedAt">When the last fault was healed, on the history's clock.</param>
    /// <param name="within">How long recovery may take, at least zero. What is invoked later than that has to succeed.</param>
    /// <param name="answers">
    /// The values of <see cref="Operation.Failure"/> that count as answers; if null <c>ConflictException</c>, the store's word about its rows.
    /// Where a promotion lost writes, add <c>SessionHistoryLostException</c>: a session that was silent since has still to be told.
    /// </param>
    /// <returns>The failures in the order of the history.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time for recovery is negative.</exception>
    public static IReadOnlyList<Violation> Judge(
        IReadOnlyList<Operation> history, TimeSpan healedAt, TimeSpan within, IReadOnlyCollection<string>? answers = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentOutOfRangeException.ThrowIfLessThan(within, TimeSpan.Zero);
        var accepted = answers ?? Answers;
        var found = new List<Violation>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is { Failure: { } failure, WasCancelled: false } operation && operation.Invoked - within > healedAt
                && !accepted.Contains(failure, StringComparer.Ordinal))
            {
                found.Add(new Violation
                {
                    Judge = nameof(RecoveryJudge),
                    Operation = i,
                    Explanation = $"the {operation.Kind} of session {Wording.Number(operation.Session)} invoked at {Wording.Time(operation.Invoked)}, "
                        + $"{Wording.Time(operation.Invoked - healedAt)} after all was healed, fails with {failure}",
                });
            }
        }

        return found;
    }
}
