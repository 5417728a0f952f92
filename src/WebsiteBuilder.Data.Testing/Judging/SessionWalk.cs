namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>The walk of <see cref="SessionJudge"/> along the clock.</summary>
internal sealed class SessionWalk
{
    private static readonly Guarantee[] Guarantees =
        [Guarantee.ReadYourWrites, Guarantee.MonotonicReads, Guarantee.MonotonicWrites, Guarantee.WritesFollowReads];

    private readonly IReadOnlyList<Operation> _history;
    private readonly ConsistencyLevel _lowest;
    private readonly int[] _shards;
    private readonly bool _isOneShard;
    private readonly Dictionary<int, SessionPast> _pasts = [];
    private readonly Dictionary<(int Key, long Version), SessionAuthor> _authors = [];
    private readonly SessionDemand[]?[] _demands;
    private readonly Dictionary<int, SessionPast> _merging = [];
    private readonly List<SessionAuthor> _seen = [];

    public SessionWalk(IReadOnlyList<Operation> history, ConsistencyLevel lowest)
    {
        _history = history;
        _lowest = lowest;
        _shards = ShardsOf(history);
        _isOneShard = _shards.AsSpan().Count(_shards.FirstOrDefault()) == _shards.Length;
        _demands = new SessionDemand[]?[history.Count];
    }

    public List<SessionViolation> Violations { get; } = [];

    public void Take(Moment moment)
    {
        var operation = _history[moment.Operation];
        switch (operation.Kind, moment.Completes)
        {
            case (OperationKind.Read, false) when operation.Succeeded && operation.Level >= _lowest:
                _demands[moment.Operation] = Demands(operation);
                break;
            case (OperationKind.Read, true) when _demands[moment.Operation] is { } demands:
                Read(moment.Operation, operation, demands);
                _demands[moment.Operation] = null;
                break;
            case (OperationKind.Write, false) when operation.Observations.Count > 0 && operation.Observations[0].IsKnown:
                Write(moment.Operation, operation);
                break;
            case (OperationKind.Write, true) when operation is { Acknowledged: true, Succeeded: true, Observations.Count: > 0 }:
                PastOf(operation.Session).Writes(operation.Observations[0].Key, operation.Observations[0].Versions[0]);
                break;
            case (OperationKind.Merge, false) when operation.Succeeded:
                _merging[moment.Operation] = PastOf(operation.Other).Copy();
                break;
            case (OperationKind.Merge, true) when _merging.Remove(moment.Operation, out var other):
                PastOf(operation.Session).Take(other);
                break;
            case (OperationKind.Forget, true) when operation.Succeeded:
                PastOf(operation.Session).Forget(operation.Shard);
                break;
        }
    }

    /// <summary>The shard of each key, as the first operation that touches it says.</summary>
    private static int[] ShardsOf(IReadOnlyList<Operation> history)
    {
        var highest = -1;
        foreach (var operation in history)
        {
            foreach (var seen in operation.Observations)
            {
                highest = Math.Max(highest, seen.Key);
            }
        }

        var shards = new int[highest + 1];
        for (var i = history.Count - 1; i >= 0; i--)
        {
            foreach (var seen in history[i].Observations)
            {
                shards[seen.Key] = history[i].Shard;
            }
        }

        return shards;
    }

    private SessionPast PastOf(int session) =>
        _pasts.TryGetValue(session, out var past) ? past : _pasts[session] = new SessionPast(_shards, _isOneShard);

    private SessionDemand[] Demands(Operation operation)
    {
        var past = PastOf(operation.Session);
        var demands = new SessionDemand[operation.Observations.Count];
        for (var i = 0; i < demands.Length; i++)
        {
            demands[i] = past[operation.Observations[i].Key];
        }

        return demands;
    }

    private void Read(int index, Operation operation, SessionDemand[] demands)
    {
        FindAuthors(operation);
        var past = PastOf(operation.Session);
        for (var i = 0; i < demands.Length; i++)
        {
            var seen = operation.Observations[i];
            if (!seen.IsKnown)
            {
                continue;
            }

            var demand = demands[i];
            foreach (var author in _seen)
            {
                demand = _isOneShard || _shards[author.Key] == _shards[seen.Key] ? demand.With(author, seen.Key) : demand;
            }

            past.Reads(seen.Key, Check(index, seen, demand));
        }

        foreach (var author in _seen)
        {
            past.Take(author);
        }
    }

    /// <summary>The writes of others that a read saw. What the own ones depend on is in the own past anyway.</summary>
    private void FindAuthors(Operation operation)
    {
        _seen.Clear();
        foreach (var seen in operation.Observations)
        {
            if (seen.IsExact && _authors.TryGetValue((seen.Key, seen.Versions[0]), out var author) && author.Session != operation.Session)
            {
                _seen.Add(author);
            }
        }
    }

    /// <summary>Believes the lowest version that keeps everything, else the highest, which keeps the most.</summary>
    private long Check(int index, Observation seen, SessionDemand demand)
    {
        foreach (var version in seen.Versions)
        {
            if (version >= demand.Highest)
            {
                return version;
            }
        }

        var best = seen.Versions[^1];
        foreach (var guarantee in Guarantees)
        {
            Demand(guarantee, index, seen.Key, best, demand[guarantee]);
        }

        return best;
    }

    private void Write(int index, Operation operation)
    {
        var past = PastOf(operation.Session);
        var (key, versions) = operation.Observations[0];
        var demand = past[key];
        Demand(Guarantee.MonotonicWrites, index, key, versions[0], demand.Written);
        Demand(Guarantee.WritesFollowReads, index, key, versions[0], Math.Max(demand.Read, Math.Max(demand.WrittenBefore, demand.SeenBefore)));
        _authors[(key, versions[0])] = past.Author(operation.Session, key);
    }

    private void Demand(Guarantee guarantee, int index, int key, long version, long required)
    {
        if (version < required)
        {
            Violations.Add(new SessionViolation
            {
                Judge = nameof(SessionJudge),
                Guarantee = guarantee,
                Operation = index,
                Key = key,
                Version = version,
                Required = required,
                Explanation = Explain(guarantee, _history[index], key, version, required),
            });
        }
    }

    private static string Explain(Guarantee guarantee, Operation operation, int key, long version, long required)
    {
        var why = guarantee switch
        {
            Guarantee.ReadYourWrites => "which the session had written",
            Guarantee.MonotonicReads => "which the session had read",
            Guarantee.MonotonicWrites when operation.Kind == OperationKind.Write => "which the session had written before",
            Guarantee.MonotonicWrites => "which the author of a write that the session saw had written before",
            _ when operation.Kind == OperationKind.Write => "which the session, or the author of a write that it saw, had seen before",
            _ => "which the author of a write that the session saw had seen before",
        };
        var does = operation.Kind == OperationKind.Write ? "writes" : "reads";
        return $"{guarantee}: session {Wording.Number(operation.Session)} {does} version {Wording.Version(version)} of key {Wording.Number(key)} "
            + $"from {Wording.Interval(operation.Invoked, operation.Completed)}, below version {Wording.Version(required)}, {why}";
    }
}
