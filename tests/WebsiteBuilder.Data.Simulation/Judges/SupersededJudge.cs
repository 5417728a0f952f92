using System.Globalization;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Judges;

/// <summary>
/// Finds answers of a log that had been left behind, to a process that had had an answer of its successor before: whoever knows of a promotion goes to no superseded
/// primary any more. Sessions needn't be the same. Eventual reads promise nothing of the kind. Pure.
/// </summary>
internal static class SupersededJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in the order of their completions. A history of -1 isn't judged.</param>
    /// <param name="forks">The promotions.</param>
    /// <returns>The answers, in the order of the history.</returns>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, IEnumerable<Fork> forks)
    {
        var parents = forks.ToDictionary(static fork => (fork.Shard, fork.Branch), static fork => fork.Parent);
        var successorSince = new Dictionary<(int Process, int Shard, int Branch), (TimeSpan At, int Branch)>();
        var found = new List<Violation>();
        for (var i = 0; i < history.Count; i++)
        {
            var operation = history[i];
            if (!IsJudged(operation))
            {
                continue;
            }

            if (successorSince.TryGetValue((operation.Process, operation.Shard, operation.History), out var successor) && operation.Invoked > successor.At)
            {
                found.Add(new Violation
                {
                    Judge = nameof(SupersededJudge),
                    Operation = i,
                    Explanation = string.Create(
                        CultureInfo.InvariantCulture,
                        $"{operation}: answered by branch {operation.History}, although process {operation.Process} had had an answer of branch {successor.Branch}, which had left it, at {successor.At.TotalSeconds:0.000} s"),
                });
            }

            for (var branch = operation.History; parents.TryGetValue((operation.Shard, branch), out branch);)
            {
                successorSince.TryAdd((operation.Process, operation.Shard, branch), (operation.Completed, operation.History));
            }
        }

        return found;
    }

    private static bool IsJudged(Operation operation) => operation is { Succeeded: true, History: >= 0 }
        && (operation.Kind == OperationKind.Write ? operation.Acknowledged : operation.Kind == OperationKind.Read && operation.Level > ConsistencyLevel.Eventual);
}
