using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>What workers saw in a round, put together with what the logs say of it: the history that judges look at, index by index.</summary>
internal sealed class ChaosHistory
{
    private readonly Dictionary<long, LogEntry> _entries = [];
    private readonly HashSet<long> _survived;
    private readonly ChaosTimelines _timelines;
    private readonly long[] _order;

    /// <param name="calls">What workers saw.</param>
    /// <param name="kept">The log that survived.</param>
    /// <param name="alone">What a former primary's log held when it was met again.</param>
    /// <param name="timelines">How the surviving log came about.</param>
    /// <param name="first">The timeline on which the round began.</param>
    public ChaosHistory(IReadOnlyList<ChaosCall> calls, IReadOnlyList<ChaosEntry> kept, IReadOnlyList<ChaosEntry> alone, ChaosTimelines timelines, long first)
    {
        Calls = calls;
        _timelines = timelines;
        _order = [.. timelines.Switches.Keys.Where(timeline => timeline >= first).Order(), timelines.Present];
        _survived = [.. kept.Select(static entry => entry.Value)];
        var versions = new Dictionary<int, long>();
        foreach (var entry in kept)
        {
            var version = versions[entry.Key] = versions.GetValueOrDefault(entry.Key) + 1;
            if (!_entries.TryAdd(entry.Value, new LogEntry(entry.Key, version, BranchOf(entry.Timeline), entry.Sequence)))
            {
                Twice.Add(entry.Value);
            }
        }

        // Fork by fork: what survived of a timeline stands before its end.
        Forks = [.. _order.SkipLast(1).Select((timeline, branch) =>
            new Fork(0, branch + 1, branch, kept.Where(entry => entry.Timeline <= timeline).Select(static entry => entry.Sequence).DefaultIfEmpty(0).Max()))];
        Lose(calls, alone);
        Branches = new Branches(Forks, _entries.Values);
        Operations = [.. calls.Select(ToOperation)];
    }

    public IReadOnlyList<ChaosCall> Calls { get; }

    public IReadOnlyList<Operation> Operations { get; }

    public IReadOnlyList<Fork> Forks { get; }

    public Branches Branches { get; }

    /// <summary>Writes that stand in one log more than once.</summary>
    public List<long> Twice { get; } = [];

    public bool Survived(ChaosCall write) => write.Values[0] is { } value && _survived.Contains(value);

    /// <summary>Whether a write stands on a timeline that the round didn't begin with.</summary>
    public bool IsAfterPromotion(ChaosCall write) => Survived(write) && _entries[write.Values[0]!.Value].Branch > 0;

    /// <summary>The branch of a call's session once it was answered, -1 if it isn't known.</summary>
    public int BranchAfter(ChaosCall call) =>
        call.After.Floors is [var floor] && _timelines.Names.TryGetValue(floor.History.Value, out var timeline) ? BranchOf(timeline) : -1;

    /// <summary>
    /// Whether replicas had what a session required before a call: what was written after a promotion is at the new primary alone until standbys are attached, and it can prove nothing to sessions while
    /// commits wait for these.
    /// </summary>
    public bool IsCoverable(ChaosCall call) => IsKept(call)
        && (_order.Length == 1 || call.Before.Floors.Length == 0 || (call.Before.Floors is [var floor] && _timelines.Names.TryGetValue(floor.History.Value, out var timeline) && timeline < _timelines.Present));

    /// <summary>Whether what a session required before a call is part of the log that survived, as positions tell: then nobody may say that it is lost.</summary>
    public bool IsKept(ChaosCall call)
    {
        if (call.Before.Floors is not [var floor] || !_timelines.Names.TryGetValue(floor.History.Value, out var timeline))
        {
            return call.Before.Floors.Length == 0;
        }

        return !_timelines.Switches.TryGetValue(timeline, out var end) || floor.Highest <= end;
    }

    private int BranchOf(long timeline) => Array.IndexOf(_order, timeline);

    /// <summary>Numbers what is in no surviving log and yet was acknowledged, seen, or written down by the one that was left behind.</summary>
    private void Lose(IReadOnlyList<ChaosCall> calls, IReadOnlyList<ChaosEntry> alone)
    {
        if (Forks.Count == 0)
        {
            return;
        }

        var writers = calls.Where(static call => call.Kind == OperationKind.Write).ToDictionary(static call => call.Values[0]!.Value);
        var seen = calls.Where(static call => call.Kind == OperationKind.Read).SelectMany(static call => call.Values).OfType<long>()
            .Concat(calls.Where(static call => call.IsAcknowledgedWrite).Select(static call => call.Values[0]!.Value));
        var lost = alone.Select(static entry => entry.Value)
            .Concat(seen.Distinct().Where(writers.ContainsKey).OrderBy(value => writers[value].Completed))
            .Where(value => value != 0 && !_survived.Contains(value))
            .Distinct();
        var branches = alone.ToDictionary(static entry => entry.Value, entry => BranchOf(entry.Timeline));
        var number = 0;
        foreach (var value in lost.Where(writers.ContainsKey))
        {
            var branch = branches.GetValueOrDefault(value);
            var end = Forks.First(fork => fork.Parent == branch).At;
            _entries.Add(value, new LogEntry(writers[value].Keys[0], Observation.FirstLost + number, branch, end + 1 + number));
            number++;
        }
    }

    private Operation ToOperation(ChaosCall call)
    {
        var observations = Observations(call);
        return new Operation
        {
            Session = call.Session,
            Process = call.Process,
            Kind = call.Kind,
            Observations = observations,
            Invoked = call.Invoked,
            Answered = call.Arrived,
            Completed = call.Completed,
            Level = call.Level,
            MaxStaleness = call.MaxStaleness,
            Endpoint = call.Endpoint,
            Age = call.Age,
            Acknowledged = call.Error is null,
            Reached = call.Reached,
            Failure = call.Error?.GetType().Name,
            Disposition = call.Error is DataTierException error ? error.Disposition : WriteDisposition.Ambiguous,
            History = call.Kind == OperationKind.Write && observations.Count > 0 && _entries.TryGetValue(call.Values[0]!.Value, out var entry) ? entry.Branch : BranchAfter(call),
        };
    }

    private IReadOnlyList<Observation> Observations(ChaosCall call) => call.Kind switch
    {
        OperationKind.Read when call.Error is null => [.. call.Keys.Select((key, i) => Seen(key, call.Values[i]))],
        OperationKind.Write when _entries.TryGetValue(call.Values[0]!.Value, out var entry) =>

            // What failed, and stood only in a log that was left behind, was never applied in the one that counts.
            call.Error is null || Survived(call) ? [new Observation(entry.Key, entry.Version)] : [],
        OperationKind.Write when call.Error is null => [new Observation(call.Keys[0], Observation.Unknown)],
        _ => [],
    };

    private Observation Seen(int key, long? value) =>
        value == 0 ? new Observation(key, 0)
        : value is { } number && _entries.TryGetValue(number, out var entry) && entry.Key == key ? new Observation(key, entry.Version)
        : new Observation(key, Observation.Unknown);
}
