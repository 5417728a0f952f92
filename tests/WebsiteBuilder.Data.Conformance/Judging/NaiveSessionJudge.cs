namespace WebsiteBuilder.Data.Conformance.Judging;

/// <summary>
/// The same verdicts straight from the definitions: for each operation it collects the operations of its past, and theirs, again and again.
/// Far too slow for anything but small histories, and too simple to be wrong in the same way.
/// </summary>
public sealed class NaiveSessionJudge
{
    private readonly IReadOnlyList<Operation> _history;
    private readonly Dictionary<(int Operation, int Key), long> _believed = [];

    private NaiveSessionJudge(IReadOnlyList<Operation> history) => _history = history;

    public static IReadOnlyList<Violation> Judge(IReadOnlyList<Operation> history)
    {
        var judge = new NaiveSessionJudge(history);
        var found = new List<Violation>();
        foreach (var index in Enumerable.Range(0, history.Count).OrderBy(i => history[i].Completed).ThenBy(static i => i))
        {
            found.AddRange(history[index].Kind switch
            {
                OperationKind.Read => judge.Read(index),
                OperationKind.Write => judge.Write(index),
                _ => [],
            });
        }

        return found;
    }

    private IEnumerable<Violation> Read(int index)
    {
        var past = Past(index);
        var authors = Authors(past.Append(index)).ToList();
        foreach (var seen in _history[index].Observations)
        {
            (Guarantee Guarantee, long Required)[] demands =
            [
                (Guarantee.ReadYourWrites, Highest(past, OperationKind.Write, seen.Key)),
                (Guarantee.MonotonicReads, Highest(past, OperationKind.Read, seen.Key)),
                (Guarantee.MonotonicWrites, authors.Select(author => Highest(Past(author), OperationKind.Write, seen.Key)).DefaultIfEmpty().Max()),
                (Guarantee.WritesFollowReads, authors.Select(author => SeenBefore(author, seen.Key, [])).DefaultIfEmpty().Max()),
            ];
            var all = demands.Max(static demand => demand.Required);
            var believed = seen.Versions.Where(version => version >= all).DefaultIfEmpty(seen.Versions[^1]).First();
            _believed[(index, seen.Key)] = believed;
            foreach (var (guarantee, required) in demands.Where(demand => believed < demand.Required))
            {
                yield return new Violation(guarantee, index, seen.Key, believed, required);
            }
        }
    }

    private IEnumerable<Violation> Write(int index)
    {
        var (key, versions) = _history[index].Observations[0];
        var written = Highest(Past(index), OperationKind.Write, key);
        if (versions[0] < written)
        {
            yield return new Violation(Guarantee.MonotonicWrites, index, key, versions[0], written);
        }

        var seen = SeenBefore(index, key, []);
        if (versions[0] < seen)
        {
            yield return new Violation(Guarantee.WritesFollowReads, index, key, versions[0], seen);
        }
    }

    /// <summary>The highest version of a key that the author of a write had seen, or had to see.</summary>
    private long SeenBefore(int write, int key, HashSet<int> visited)
    {
        if (!visited.Add(write))
        {
            return 0;
        }

        var past = Past(write);
        return Authors(past)
            .Select(author => Math.Max(Highest(Past(author), OperationKind.Write, key), SeenBefore(author, key, visited)))
            .Append(Highest(past, OperationKind.Read, key))
            .Max();
    }

    /// <summary>All that had completed in the operation's session, and in those that it had merged, when the operation was invoked.</summary>
    private HashSet<int> Past(int index)
    {
        var past = new HashSet<int>();
        Collect(_history[index].Session, index);
        return past;

        void Collect(int session, int until)
        {
            for (var i = 0; i < _history.Count; i++)
            {
                if (_history[i].Session == session && (_history[i].Completed, i).CompareTo((_history[until].Invoked, until)) < 0 && past.Add(i)
                    && _history[i].Kind == OperationKind.Merge)
                {
                    Collect(_history[i].Other, i);
                }
            }
        }
    }

    private long Highest(IEnumerable<int> past, OperationKind kind, int key) => past
        .Where(i => _history[i].Kind == kind && (kind == OperationKind.Read || _history[i].Acknowledged) && _history[i].Observations.Any(seen => seen.Key == key))
        .Select(i => kind == OperationKind.Write ? _history[i].Observations[0].Versions[0] : _believed[(i, key)])
        .DefaultIfEmpty()
        .Max();

    /// <summary>The writes of others that reads saw.</summary>
    private IEnumerable<int> Authors(IEnumerable<int> reads) =>
        from read in reads
        where _history[read].Kind == OperationKind.Read
        from seen in _history[read].Observations
        where seen.IsExact
        from write in Enumerable.Range(0, _history.Count)
        where _history[write].Kind == OperationKind.Write && _history[write].Session != _history[read].Session
            && _history[write].Observations[0].Key == seen.Key && _history[write].Observations[0].Versions[0] == seen.Versions[0]
            && (_history[write].Invoked, write).CompareTo((_history[read].Completed, read)) < 0
        select write;
}
