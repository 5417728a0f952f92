namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Finds answers by a node whose log lacks something that the session had written or seen there, without the session having been told. Pure.
/// </summary>
/// <remarks>
/// <para>
/// One rule covers all promotions: the branch that answers holds everything that the session has met on that shard. A promotion that lost
/// nothing demands nothing; one that lost a write demands that whoever wrote or saw it is told (<see cref="OperationKind.Forget"/>) before
/// the next answer, about whatever key; an isolated old primary may go on to answer whoever has met nothing of the new branch.
/// </para>
/// <para>
/// Judged are acknowledged writes, and reads at <see cref="ConsistencyLevel.Session"/> or above, by <see cref="Operation.History"/>. Only
/// these, as far as it is certain which version they saw, become part of a session's past. A forget drops what the branch that it
/// names lacks. The judge goes by what the session met, not by positions that its token may have reached.
/// </para>
/// </remarks>
public static class LostHistoryJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order; their times decide.</param>
    /// <param name="branches">What the logs held.</param>
    /// <returns>At most one violation per answer, in the order of the completions.</returns>
    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history, Branches branches)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(branches);
        var walk = new Walk(history, branches);
        foreach (var moment in Moment.Of(history))
        {
            walk.Take(moment);
        }

        return walk.Violations;
    }

    /// <summary>An entry that a session met, and by which operation.</summary>
    private readonly record struct Met(LogEntry Entry, int Shard, int Operation);

    private sealed class Walk(IReadOnlyList<Operation> history, Branches branches)
    {
        private readonly Dictionary<int, SortedDictionary<(int Shard, int Branch, int Segment), Met>> _pasts = [];
        private readonly Dictionary<int, Met[]> _open = [];

        public List<Violation> Violations { get; } = [];

        public void Take(Moment moment)
        {
            var operation = history[moment.Operation];
            switch (operation.Kind, moment.Completes)
            {
                case (OperationKind.Read or OperationKind.Write, false) when IsJudged(operation):
                    _open[moment.Operation] = [.. PastOf(operation.Session).Values.Where(met => met.Shard == operation.Shard)];
                    break;
                case (OperationKind.Read or OperationKind.Write, true) when _open.Remove(moment.Operation, out var past):
                    Check(moment.Operation, operation, past);
                    Meet(moment.Operation, operation);
                    break;
                case (OperationKind.Merge, false) when operation.Succeeded:
                    _open[moment.Operation] = [.. PastOf(operation.Other).Values];
                    break;
                case (OperationKind.Merge, true) when _open.Remove(moment.Operation, out var others):
                    Add(operation.Session, others);
                    break;
                case (OperationKind.Forget, true) when operation.Succeeded:
                    Forget(operation);
                    break;
            }
        }

        private static bool IsJudged(Operation operation) => operation.Succeeded
            && (operation.Kind == OperationKind.Write ? operation.Acknowledged : operation.Level >= ConsistencyLevel.Session);

        private SortedDictionary<(int Shard, int Branch, int Segment), Met> PastOf(int session) =>
            _pasts.TryGetValue(session, out var past) ? past : _pasts[session] = [];

        private void Check(int index, Operation operation, Met[] past)
        {
            foreach (var met in past)
            {
                if (!branches.Contains(operation.Shard, operation.History, met.Entry))
                {
                    Violations.Add(Untold(index, operation, met));
                    return;
                }
            }
        }

        private void Meet(int index, Operation operation)
        {
            foreach (var seen in operation.Observations)
            {
                if (seen.IsExact && branches.Find(seen.Key, seen.Versions[0]) is { } entry)
                {
                    Add(operation.Session, [new Met(entry, operation.Shard, index)]);
                }
            }
        }

        private void Add(int session, IEnumerable<Met> found)
        {
            foreach (var met in found)
            {
                PastOf(session).TryAdd((met.Shard, met.Entry.Branch, branches.Segment(met.Shard, met.Entry)), met);
            }
        }

        private void Forget(Operation operation)
        {
            var past = PastOf(operation.Session);
            foreach (var (place, met) in past.ToArray())
            {
                if (met.Shard == operation.Shard && !branches.Contains(operation.Shard, operation.History, met.Entry))
                {
                    past.Remove(place);
                }
            }
        }

        private Violation Untold(int index, Operation operation, Met met)
        {
            var source = history[met.Operation];
            var saw = source.Kind == OperationKind.Write ? "written" : "seen";
            var version = operation.Observations.Where(seen => seen.Key == met.Entry.Key).Select(static seen => seen.Versions[^1]).DefaultIfEmpty(Observation.Unknown).First();
            return new Violation
            {
                Judge = nameof(LostHistoryJudge),
                Operation = index,
                Key = met.Entry.Key,
                Version = version,
                Required = met.Entry.Version,
                Explanation = $"session {Wording.Number(operation.Session)} is answered by branch {Wording.Number(operation.History)} of shard "
                    + $"{Wording.Number(operation.Shard)} from {Wording.Interval(operation.Invoked, operation.Completed)}, which lacks version "
                    + $"{Wording.Version(met.Entry.Version)} of key {Wording.Number(met.Entry.Key)}, {saw} on branch {Wording.Number(met.Entry.Branch)} "
                    + $"by session {Wording.Number(source.Session)} at {Wording.Time(source.Completed)}, and was not told",
            };
        }
    }
}
