using WebsiteBuilder.Data.Simulation.Judges;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing.Judging;
using WebsiteBuilder.Data.Testing.Simulated;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Calls and what they were in truth: the history that judges look at, index by index.</summary>
/// <param name="Calls">The calls, in the order in which they ended.</param>
/// <param name="Operations">The same, with versions.</param>
/// <param name="Chronicles">What happened to each shard.</param>
/// <param name="Effects">What the calls left in the logs.</param>
internal sealed record Transcript(IReadOnlyList<Call> Calls, IReadOnlyList<Operation> Operations, IReadOnlyList<Chronicle> Chronicles, IReadOnlyList<Effect> Effects)
{
    public static Transcript Of(Stage stage, IReadOnlyList<Call> calls)
    {
        Chronicle[] chronicles = [.. stage.Cluster.Shards.Select(shard => new Chronicle(stage, shard))];
        var authors = Authors.Of(calls, chronicles);
        return new Transcript(calls, [.. calls.Select((call, i) => ToOperation(call, chronicles[call.Shard], authors[i]))], chronicles, authors.Effects);
    }

    private static Operation ToOperation(Call call, Chronicle chronicle, IReadOnlyList<LogRecord> written)
    {
        var observations = Observations(call, chronicle, written);

        // A delete that finds nothing leaves nothing behind, nor does a write that is told what became of an earlier one under its key.
        var wroteNothing = call is { Kind: OperationKind.Write, Succeeded: true } && observations.Count == 0;
        var kind = wroteNothing ? OperationKind.Read
            : IsTakeoverByLoser(call, chronicle) ? OperationKind.Forget
            : call.Kind;
        return ToOperation(call, kind, observations, chronicle);
    }

    private static Operation ToOperation(Call call, OperationKind kind, IReadOnlyList<Observation> observations, Chronicle chronicle) => new()
    {
        Session = call.Session,
        Process = call.Process,
        Kind = kind,
        Observations = observations,
        Other = call.Other,
        Invoked = call.Invoked,
        Completed = call.Completed,
        Answered = call.Completed,
        Level = call.Kind == OperationKind.Read ? call.Step.Level : ConsistencyLevel.Unspecified,
        MaxStaleness = call.Step.Bound,
        Endpoint = call.Endpoint,
        Age = call.Age,
        Acknowledged = call.Succeeded,
        Reached = call.Reached,
        Timeout = call.Kind is OperationKind.Read or OperationKind.Write ? call.Step.Timeout : null,
        CancelledAt = call.CancelledAt,
        WasCancelled = call.WasCancelled,
        Failure = call.Error?.GetType().Name,
        Disposition = call.Error is DataTierException error ? error.Disposition : WriteDisposition.Ambiguous,
        Shard = call.Shard,
        History = call.Branch ?? (kind == OperationKind.Write && observations is [var written] ? chronicle.BranchOf(written) : null) ?? -1,
    };

    /// <summary>
    /// A session that was told to go on with a branch that was given up later owes nothing to what it had met before: versions are numbered along the branch that
    /// survived.
    /// </summary>
    private static bool IsTakeoverByLoser(Call call, Chronicle chronicle) =>
        call is { Kind: OperationKind.Merge, Step.Kind: StepKind.Open } && !(call.Branch is { } branch && chronicle.Survives(branch));

    private static IReadOnlyList<Observation> Observations(Call call, Chronicle chronicle, IReadOnlyList<LogRecord> written) => call.Kind switch
    {
        OperationKind.Read when call.Succeeded => [.. call.Keys.Select((key, i) => Seen(call, key, call.Values[i], chronicle))],
        OperationKind.Write when call.Values[0] is { } value => Written(call, value, chronicle, written),
        OperationKind.Write => Deleted(call, chronicle),
        _ => [],
    };

    /// <summary>Whoever finds nothing may have seen the beginning, or any delete made by then.</summary>
    private static Observation Seen(Call call, int key, long? value, Chronicle chronicle)
    {
        if (value is null)
        {
            return new Observation(key, [0, .. chronicle.Deletes(key, TimeSpan.Zero, call.Completed).Select(chronicle.VersionOf).Order()]);
        }

        LogRecord[] all = [.. chronicle.Writes(value.Value).Where(record => chronicle.KeyOf(record) == key && record.WrittenAt <= call.Completed)];
        LogRecord[] held = [.. all.Where(record => call.Branch is not { } branch || chronicle.Holds(branch, record))];
        return all.Length == 0
            ? new Observation(key, Observation.Unknown)
            : new Observation(key, [.. (held.Length > 0 ? held : all).Select(chronicle.VersionOf).Order()]);
    }

    private static IReadOnlyList<Observation> Written(Call call, long value, Chronicle chronicle, IReadOnlyList<LogRecord> written) =>
        written is [var first, ..] ? [new Observation(call.Keys[0], chronicle.VersionOf(first))]
        : call.Succeeded && chronicle.Writes(value).Count == 0 ? [new Observation(call.Keys[0], Observation.Unknown)]
        : [];

    /// <summary>A delete is known by its time, as only one worker deletes a key. Of one that failed, nobody knows whether this was it.</summary>
    private static IReadOnlyList<Observation> Deleted(Call call, Chronicle chronicle) =>
        call.Succeeded && chronicle.Deletes(call.Keys[0], call.Invoked, call.Completed).FirstOrDefault() is { } record
            ? [new Observation(call.Keys[0], chronicle.VersionOf(record))]
            : [];
}
