namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Holds what callers were told against what the logs held: reads show only what somebody wrote and had begun to write, what was
/// acknowledged is in a log, and what was reported as not applied is in none. Pure.
/// </summary>
/// <remarks>
/// Whoever makes the history looks up in the logs which version a value is, or a write left behind. A value that no log explains is
/// <see cref="Observation.Unknown"/>; a write that no log holds has no observation. A write that was lost is in the log of its branch.
/// </remarks>
public static class PhantomJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order.</param>
    /// <param name="branches">What the logs held, by whomever it was written; null if the history has every write.</param>
    /// <returns>The violations in the order of the history.</returns>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, Branches? branches = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        var writers = new Dictionary<(int Key, long Version), int>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is { Kind: OperationKind.Write, Observations: [var written, ..] })
            {
                writers.TryAdd((written.Key, written.Versions[0]), i);
            }
        }

        var found = new List<Violation>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].Kind == OperationKind.Read && history[i].Succeeded)
            {
                found.AddRange(history[i].Observations
                    .Where(seen => !seen.Versions.Any(version => IsExplained(seen.Key, version, history[i])))
                    .Select(seen => Found(i, seen, $"{history[i]}: {seen} is nothing that anybody had begun to write")));
            }
            else if (history[i].Kind == OperationKind.Write && Contradiction(history[i], branches) is { } contradiction)
            {
                found.Add(Found(i, history[i].Observations.Count > 0 ? history[i].Observations[0] : null, $"{history[i]}: {contradiction}"));
            }
        }

        return found;

        bool IsExplained(int key, long version, Operation read) => version == 0
            || (writers.TryGetValue((key, version), out var writer) ? history[writer].Invoked <= read.Completed : branches?.Hold(key, version) == true);
    }

    private static string? Contradiction(Operation write, Branches? branches)
    {
        var isInLog = write.Observations is [var written, ..] && (branches is null ? written.IsKnown : written.IsKnown && branches.Hold(written.Key, written.Versions[0]));
        return (write.Succeeded, write.Disposition) switch
        {
            (true, _) when write.Acknowledged && !isInLog => "acknowledged, and in no log",
            (false, WriteDisposition.Applied) when !isInLog => "reported as applied, and in no log",
            (false, WriteDisposition.NotApplied) when isInLog => "reported as not applied, and in the log",
            _ => null,
        };
    }

    private static Violation Found(int index, Observation? about, string explanation) => new()
    {
        Judge = nameof(PhantomJudge),
        Operation = index,
        Key = about?.Key ?? -1,
        Version = about?.Versions[^1] ?? 0,
        Explanation = explanation,
    };
}
