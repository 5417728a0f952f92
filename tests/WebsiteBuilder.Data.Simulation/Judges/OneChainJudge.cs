using System.Globalization;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Judges;

/// <summary>
/// Finds two writes of a shard that standbys had confirmed and that no log could hold both of: two primaries acknowledged beside each other. Pure.
/// </summary>
internal static class OneChainJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations.</param>
    /// <param name="branchOf">The branch that a write is on, and where; null if it is in no log.</param>
    /// <param name="holds">Whether a branch has what another one held at a position.</param>
    /// <returns>The later of each two, one for each pair of branches.</returns>
    public static IReadOnlyList<Violation> Judge(
        IReadOnlyList<Operation> history, Func<Operation, LogEntry?> branchOf, Func<int, int, LogEntry, bool> holds)
    {
        var newest = new Dictionary<(int Shard, int Branch), (int Operation, LogEntry Entry)>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i] is { Kind: OperationKind.Write, Succeeded: true, Acknowledged: true, Reached: >= WriteDurability.RemoteWrite } write
                && branchOf(write) is { } entry
                && (!newest.TryGetValue((write.Shard, entry.Branch), out var known) || known.Entry.Position < entry.Position))
            {
                newest[(write.Shard, entry.Branch)] = (i, entry);
            }
        }

        var found = new List<Violation>();
        foreach (var ((shard, branch), one) in newest)
        {
            foreach (var ((otherShard, otherBranch), other) in newest)
            {
                if (shard == otherShard && branch < otherBranch && !holds(shard, otherBranch, one.Entry) && !holds(shard, branch, other.Entry))
                {
                    found.Add(new Violation
                    {
                        Judge = nameof(OneChainJudge),
                        Operation = Math.Max(one.Operation, other.Operation),
                        Explanation = string.Create(
                            CultureInfo.InvariantCulture, $"branches {branch} and {otherBranch} of shard {shard} both acknowledged writes with standbys, and neither has the other's"),
                    });
                }
            }
        }

        return found;
    }
}
