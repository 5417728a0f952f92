using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>What workers saw, put together with what really happened.</summary>
public sealed class Recording
{
    private readonly Dictionary<long, (int Key, long Version)> _byValue = [];
    private readonly Dictionary<int, List<(long Version, TimeSpan At)>> _deletes = [];
    private readonly ConsistencyLevel _level;

    private Recording(
        IReadOnlyList<Attempt> attempts, IReadOnlyList<(int Key, long? Value, DateTimeOffset At)> log, DateTimeOffset origin, ConsistencyLevel level)
    {
        Attempts = attempts;
        _level = level;
        var versions = new Dictionary<int, long>();
        foreach (var (key, value, at) in log)
        {
            var version = versions[key] = versions.GetValueOrDefault(key) + 1;
            if (value is { } number)
            {
                _byValue.Add(number, (key, version));
            }
            else
            {
                _deletes.TryAdd(key, []);
                _deletes[key].Add((version, at - origin));
            }
        }

        History = [.. attempts.Select(ToOperation).OfType<Operation>()];
    }

    public IReadOnlyList<Attempt> Attempts { get; }

    public IReadOnlyList<Operation> History { get; }

    public int Calls => Attempts.Count(static attempt => attempt.Kind != OperationKind.Merge);

    public double Succeeded => Share(Attempts.Where(static attempt => attempt.Kind != OperationKind.Merge), static attempt => attempt.Error is null);

    /// <summary>Of the reads that told who answered.</summary>
    public double FromReplicas => Share(Attempts.Where(static attempt => attempt.Endpoint is not null), static attempt => attempt.Source == AnswerSource.Replica);

    /// <summary>Makes the history that the judges want.</summary>
    /// <param name="attempts">What workers saw.</param>
    /// <param name="log">What the primary says of the order.</param>
    /// <param name="origin">The server's time at the origin of the attempts' clock; the servers run on this machine.</param>
    /// <param name="level">The level of the reads.</param>
    public static Recording Of(
        IReadOnlyList<Attempt> attempts, IReadOnlyList<(int Key, long? Value, DateTimeOffset At)> log, DateTimeOffset origin, ConsistencyLevel level) =>
        new(attempts, log, origin, level);

    public string Report(int seed, TimeSpan took, int faults)
    {
        var count = (RouteReason reason) => Attempts.Count(attempt => attempt.Reason.HasFlag(reason));
        var failures = Attempts
            .Where(static attempt => attempt.Error is not null)
            .GroupBy(static attempt => attempt.Error is ConflictException conflict ? $"Conflict:{conflict.Kind}" : attempt.Error!.GetType().Name)
            .Select(static group => $"{group.Key} {group.Count()}");
        var byProcess = Attempts
            .Where(static attempt => attempt.Endpoint is not null)
            .GroupBy(static attempt => attempt.Process)
            .OrderBy(static group => group.Key)
            .Select(static group => $"{Share(group, static attempt => attempt.Source == AnswerSource.Replica):P0}");
        var slowest = Attempts.Max(static attempt => attempt.Completed - attempt.Invoked);
        return $"{_level}, seed {seed}: {Calls} operations in {took.TotalSeconds:0.0} s during {faults} faults; {Succeeded:P1} succeeded, "
            + $"{FromReplicas:P1} of reads from replicas ({string.Join(", ", byProcess)} by process); waited {count(RouteReason.Waited)}, another was behind {count(RouteReason.OtherBehind)}, "
            + $"another failed {count(RouteReason.OtherFailed)}; slowest {slowest.TotalMilliseconds:0} ms; failures: {string.Join(", ", failures.DefaultIfEmpty("none"))}";
    }

    private static double Share(IEnumerable<Attempt> attempts, Func<Attempt, bool> which)
    {
        var all = attempts.ToList();
        return all.Count == 0 ? 0 : (double)all.Count(which) / all.Count;
    }

    private Operation? ToOperation(Attempt attempt)
    {
        var observations = Observations(attempt);
        return observations is null ? null : new Operation
        {
            Session = attempt.Session,
            Process = attempt.Process,
            Kind = attempt.Kind,
            Observations = observations,
            Other = attempt.Other,
            Invoked = attempt.Invoked,
            Answered = attempt.Arrived,
            Completed = attempt.Completed,
            Level = _level,
            Endpoint = attempt.Endpoint,
            Age = attempt.Age,
            Acknowledged = attempt.Error is null,
        };
    }

    /// <summary>Null for what had no effect: failed reads, refused writes, deletes of nothing.</summary>
    private IReadOnlyList<Observation>? Observations(Attempt attempt) => attempt.Kind switch
    {
        OperationKind.Merge => [],
        OperationKind.Read when attempt.Error is not null => null,
        OperationKind.Read => [.. attempt.Keys.Select((key, i) => Seen(attempt, key, attempt.Values[i]))],
        _ when attempt.Values[0] is { } number => _byValue.TryGetValue(number, out var written) ? [new Observation(written.Key, written.Version)]
            : attempt.Error is not null ? null
            : throw new InvalidOperationException($"An acknowledged write is not in the primary's history: {attempt}."),
        _ => Deleted(attempt),
    };

    private Observation Seen(Attempt attempt, int key, long? value)
    {
        if (value is null)
        {
            var deletes = _deletes.GetValueOrDefault(key) ?? [];
            long[] possible = [.. deletes.Where(delete => delete.At <= attempt.Completed + TimeSpan.FromMilliseconds(1)).Select(static delete => delete.Version)];
            return possible.Length > 0
                ? new Observation(key, possible)
                : throw new InvalidOperationException($"A read found nothing though nothing had been deleted: {attempt}.");
        }

        return value == 0 ? new Observation(key, 0)
            : _byValue.TryGetValue(value.Value, out var written) && written.Key == key ? new Observation(key, written.Version)
            : throw new InvalidOperationException($"A read showed what was never committed: {attempt}.");
    }

    /// <summary>The delete's entry in the log; null if there was nothing to delete, or if nobody knows whether this was the one.</summary>
    private IReadOnlyList<Observation>? Deleted(Attempt attempt)
    {
        var made = (_deletes.GetValueOrDefault(attempt.Keys[0]) ?? []).Where(delete => delete.At >= attempt.Invoked && delete.At <= attempt.Completed).ToList();
        return made.Count == 0 || attempt.Error is not null ? null : [new Observation(attempt.Keys[0], made[0].Version)];
    }
}
