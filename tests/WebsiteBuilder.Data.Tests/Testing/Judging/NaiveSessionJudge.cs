using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Tests.Testing.Judging;

/// <summary>A broken guarantee without its words.</summary>
public readonly record struct Broken(Guarantee Guarantee, int Operation, int Key, long Version, long Required)
{
    public static IReadOnlyList<Broken> Of(IEnumerable<SessionViolation> violations) =>
        [.. violations.Select(static found => new Broken(found.Guarantee, found.Operation, found.Key, found.Version, found.Required))];
}

/// <summary>
/// The same verdicts straight from the definitions: for each operation it collects the operations of its past, and theirs, again and again.
/// Far too slow for anything but small histories, and too simple to be wrong in the same way.
/// </summary>
public sealed class NaiveSessionJudge
{
    private readonly IReadOnlyList<Operation> _history;
    private readonly ConsistencyLevel _lowest;
    private readonly Dictionary<(int Operation, int Key), long> _believed = [];

    private NaiveSessionJudge(IReadOnlyList<Operation> history, ConsistencyLevel lowest)
    {
        _history = history;
        _lowest = lowest;
    }

    public static IReadOnlyList<Broken> Judge(IReadOnlyList<Operation> history, ConsistencyLevel lowest = ConsistencyLevel.Unspecified)
    {
        var judge = new NaiveSessionJudge(history, lowest);
        var found = new List<Broken>();
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

    private IEnumerable<Broken> Read(int index)
    {
        if (!Counts(index))
        {
            yield break;
        }

        var past = Past(index);
        foreach (var seen in _history[index].Observations.Where(static seen => seen.Versions[^1] != Observation.Unknown))
        {
            var authors = Authors(past.Keys.Append(index), seen.Key).ToList();
            (Guarantee Guarantee, long Required)[] demands =
            [
                (Guarantee.ReadYourWrites, Highest(past, OperationKind.Write, seen.Key)),
                (Guarantee.MonotonicReads, Highest(past, OperationKind.Read, seen.Key)),
                (Guarantee.MonotonicWrites, authors.Select(author => HighestSurviving(author, OperationKind.Write, seen.Key)).DefaultIfEmpty().Max()),
                (Guarantee.WritesFollowReads, authors.Select(author => SeenBefore(author, seen.Key, [])).DefaultIfEmpty().Max()),
            ];
            var all = demands.Max(static demand => demand.Required);
            var believed = seen.Versions.Where(version => version >= all).DefaultIfEmpty(seen.Versions[^1]).First();
            _believed[(index, seen.Key)] = believed;
            foreach (var (guarantee, required) in demands.Where(demand => believed < demand.Required))
            {
                yield return new Broken(guarantee, index, seen.Key, believed, required);
            }
        }
    }

    private IEnumerable<Broken> Write(int index)
    {
        if (_history[index].Observations.Count == 0)
        {
            yield break;
        }

        var (key, versions) = _history[index].Observations[0];
        var past = Past(index);
        var written = Highest(past, OperationKind.Write, key);
        if (versions[0] < written)
        {
            yield return new Broken(Guarantee.MonotonicWrites, index, key, versions[0], written);
        }

        var seen = Math.Max(SeenBefore(index, key, []), Highest(past, OperationKind.Read, key));
        if (versions[0] < seen)
        {
            yield return new Broken(Guarantee.WritesFollowReads, index, key, versions[0], seen);
        }
    }

    /// <summary>The highest surviving version of a key that the author of a write had seen, or had to see.</summary>
    private long SeenBefore(int write, int key, HashSet<int> visited)
    {
        if (!visited.Add(write))
        {
            return 0;
        }

        return Authors(Past(write).Keys, key)
            .Select(author => Math.Max(HighestSurviving(author, OperationKind.Write, key), SeenBefore(author, key, visited)))
            .Append(HighestSurviving(write, OperationKind.Read, key))
            .Max();
    }

    /// <summary>
    /// All that had completed in the operation's session, and in those that it had merged, when the operation was invoked; and whether the
    /// session had not forgotten since what was lost of it.
    /// </summary>
    private Dictionary<int, bool> Past(int index)
    {
        var past = new Dictionary<int, bool>();
        Collect(_history[index].Session, index, new HashSet<int>());
        return past;

        void Collect(int session, int until, IReadOnlySet<int> forgotten)
        {
            var before = Enumerable.Range(0, _history.Count).Where(i => _history[i].Session == session && Precedes(i, until)).ToList();
            foreach (var i in before)
            {
                var shards = before
                    .Where(forget => _history[forget].Kind == OperationKind.Forget && Counts(forget) && IsLater(forget, i))
                    .Select(forget => _history[forget].Shard)
                    .Concat(forgotten)
                    .ToHashSet();
                if (_history[i].Kind == OperationKind.Merge)
                {
                    if (Counts(i))
                    {
                        Collect(_history[i].Other, i, shards);
                    }
                }
                else
                {
                    past[i] = past.GetValueOrDefault(i) || _history[i].Observations.Count == 0 || !shards.Contains(ShardOf(_history[i].Observations[0].Key));
                }
            }
        }
    }

    private bool Precedes(int one, int other) => (_history[one].Completed, one).CompareTo((_history[other].Invoked, other)) < 0;

    private bool IsLater(int one, int other) => (_history[one].Completed, one).CompareTo((_history[other].Completed, other)) > 0;

    private long HighestSurviving(int operation, OperationKind kind, int key) =>
        Highest(Past(operation).Keys.ToDictionary(static i => i, static _ => false), kind, key);

    private long Highest(Dictionary<int, bool> past, OperationKind kind, int key) => past
        .Where(pair => _history[pair.Key].Kind == kind && Counts(pair.Key) && (kind == OperationKind.Read || _history[pair.Key].Acknowledged)
            && _history[pair.Key].Observations.Any(seen => seen.Key == key && seen.Versions[^1] != Observation.Unknown))
        .Select(pair => (pair.Value, Version: kind == OperationKind.Write ? _history[pair.Key].Observations[0].Versions[0] : _believed[(pair.Key, key)]))
        .Where(static pair => pair.Value || !Observation.IsLost(pair.Version))
        .Select(static pair => pair.Version)
        .DefaultIfEmpty()
        .Max();

    /// <summary>The writes of others that reads saw, as far as they are on a key's shard.</summary>
    private IEnumerable<int> Authors(IEnumerable<int> reads, int key) =>
        from read in reads
        where _history[read].Kind == OperationKind.Read && Counts(read)
        from seen in _history[read].Observations
        where seen.IsExact && ShardOf(seen.Key) == ShardOf(key)
        from write in Enumerable.Range(0, _history.Count)
        where _history[write].Kind == OperationKind.Write && _history[write].Session != _history[read].Session && _history[write].Observations.Count > 0
            && _history[write].Observations[0].Key == seen.Key && _history[write].Observations[0].Versions[0] == seen.Versions[0]
            && (_history[write].Invoked, write).CompareTo((_history[read].Completed, read)) < 0
        select write;

    private bool Counts(int index) =>
        _history[index] is { Failure: null, WasCancelled: false } && (_history[index].Kind != OperationKind.Read || _history[index].Level >= _lowest);

    private int ShardOf(int key) => _history.First(operation => operation.Observations.Any(seen => seen.Key == key)).Shard;
}
