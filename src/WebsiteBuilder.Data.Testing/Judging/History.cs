namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>Makes a violation readable: a handful of operations instead of thousands. Pure.</summary>
public static class History
{
    /// <summary>
    /// Selects what a violation is about: the operation itself; what its session did on the key since it met the required version; the
    /// writes of the version that was seen and of the one that was required; and, if the session met that one only through others, the
    /// shortest chain of merges and of reads of others' writes that led there.
    /// </summary>
    /// <param name="history">The history that was judged.</param>
    /// <param name="violation">The violation.</param>
    /// <returns>The operations by invocation.</returns>
    public static IReadOnlyList<Operation> Around(IReadOnlyList<Operation> history, Violation violation)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(violation);
        var selected = new HashSet<int> { violation.Operation };
        if (violation.Key >= 0)
        {
            selected.UnionWith(Enumerable.Range(0, history.Count).Where(i => history[i].Kind == OperationKind.Write
                && (Shows(history[i], violation.Key, violation.Version) || Shows(history[i], violation.Key, violation.Required))));
            selected.UnionWith(new Chain(history, violation.Key, violation.Required).To(violation.Operation));
            selected.UnionWith(OwnPast(history, violation));
        }

        return [.. selected.OrderBy(i => history[i].Invoked).ThenBy(i => history[i].Completed).ThenBy(static i => i).Select(i => history[i])];
    }

    /// <summary>The violation, and what is around it, one operation per line.</summary>
    /// <param name="history">The history that was judged.</param>
    /// <param name="violation">The violation.</param>
    /// <returns>The lines; the operation that breaks the promise is marked.</returns>
    public static string Describe(IReadOnlyList<Operation> history, Violation violation)
    {
        var lines = Around(history, violation).Select(operation => (ReferenceEquals(operation, history[violation.Operation]) ? "> " : "  ") + operation);
        return string.Join('\n', lines.Prepend(violation.ToString()));
    }

    internal static bool Shows(Operation operation, int key, long version) =>
        operation.Observations.Any(seen => seen.Key == key && seen.Versions.Contains(version));

    internal static bool Precedes(IReadOnlyList<Operation> history, int one, int other) =>
        (history[one].Completed, one).CompareTo((history[other].Invoked, other)) < 0;

    /// <summary>The own operations on the key, and what was forgotten, since the required version was met; the last one if it never was.</summary>
    private static IEnumerable<int> OwnPast(IReadOnlyList<Operation> history, Violation violation)
    {
        var breaker = history[violation.Operation];
        var past = Enumerable.Range(0, history.Count)
            .Where(i => history[i].Session == breaker.Session && Precedes(history, i, violation.Operation)
                && (history[i].Observations.Any(seen => seen.Key == violation.Key) || (history[i].Kind == OperationKind.Forget && history[i].Shard == breaker.Shard)))
            .OrderBy(i => history[i].Completed)
            .ThenBy(static i => i)
            .ToList();
        var met = past.FindIndex(i => Shows(history[i], violation.Key, violation.Required));
        return violation.Required == 0 || met < 0 ? past.TakeLast(1) : past.Skip(met);
    }
}
