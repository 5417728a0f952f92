using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Mutants;

/// <summary>Rules of the engine, each taken out once. Whoever adds a rule adds a line.</summary>
internal static class AllMutants
{
    private const string Data = "WebsiteBuilder.Data/";
    private const string Verification = Data + "Sessions/ReadVerification.cs";
    private const string State = Data + "Sessions/SessionState.cs";
    private const string Floor = "WebsiteBuilder.Data.Abstractions/Sessions/SessionFloor.cs";
    private const string Reads = Data + "Execution/ReadExecution.cs";
    private const string Attempt = Data + "Execution/ReadAttempt.cs";
    private const string Coalescing = Data + "Execution/Coalescing/PointReads.cs";
    private const string Queue = Data + "Execution/Coalescing/PointQueue.cs";
    private const string Hedges = Data + "Execution/PointExecution.Hedging.cs";
    private const string SharedTrip = Data + "Execution/Coalescing/SharedRoundTrip.cs";
    private const string Run = Data + "Stores/PostgreSql/ServerRun.cs";
    private const string Writes = Data + "Execution/WriteExecution.cs";
    private const string Monitor = Data + "Health/ShardMonitor.cs";
    private const string Rules = Data + "Topology/TopologyRules.cs";
    private const string Samples = Data + "Topology/PositionSamples.cs";
    private const string Runtime = Data + "Runtime/EngineRuntime.cs";
    private const string Resolving = Data + "Execution/WriteExecution.Resolving.cs";
    private const string Verdicts = Data + "Execution/OperationVerdict.cs";
    private const string Claims = Data + "Health/ClaimReader.cs";
    private const string InRotation = Data + "Health/Rotation.cs";
    private const string Node = Data + "Health/ShardNode.cs";

    private const string Promotion = Data + "Failover/PromotionRules.cs";

    public static readonly IReadOnlyList<Mutant> List =
    [
        // What an answer must prove.
        new("a replica need not prove anything", Verification, "return stamp.Lo >= requirement.Replica || MayRepeat", "return true || MayRepeat"),
        new("a primary need not prove what replicas showed", Verification, ": stamp.Lo >= requirement.Primary || ShowsWholeLog", ": true || ShowsWholeLog"),
        new("any replica may repeat what one has shown", Verification, "repeat.Endpoint == endpoint + 1 && ", ""),
        new("a node may repeat what it showed before it was restarted", Verification, "repeat.Incarnation == stamp.Incarnation", "repeat.Incarnation <= stamp.Incarnation"),
        new("answers of any history count", Verification, "return end is { } shared && stamp.Lo <= shared && stamp.Hi <= shared;", "return true;"),
        new("a node that can't name its history is believed", Verification, "history.FirstSwitch", "ulong.MaxValue") { World = nameof(YieldingTwins) },

        // What need not be asked again.
        new("what a server had replayed it has after a restart", Run, "if (!IsStill(look) || (look.Replayed ?? 0) < _replayed)", "if (_joinedAt < TimeSpan.Zero)"),

        // What a session learns.
        new("reads at replicas teach nothing", State, ": floor.WithFloors(stamp.Hi, stamp.Hi)", ": floor"),
        new("reads at replicas need no proof at the primary", State, ": floor.WithFloors(stamp.Hi, stamp.Hi)", ": floor.WithFloors(stamp.Hi, 0)"),
        new("reads at the primary teach nothing", State, "stamp.IsPrimary ? floor.WithFloors(stamp.Hi, 0)", "stamp.IsPrimary ? floor"),
        new("a read teaches lo, not hi", State, ": floor.WithFloors(stamp.Hi, stamp.Hi)", ": floor.WithFloors(stamp.Lo, stamp.Lo)"),
        new("writes teach nothing", State, ": floor.WithFloors(position, 0))", ": floor)"),
        new("blind writes teach nothing", State, "floor.WithWrite(new KeyWrite(key, position))", "floor"),
        new("a merge takes nothing over", State, "_token = _token.Merge(other);", ""),
        new("a loss is not reported", State, "lost |= floor.Highest > end;", ""),
        new("a read of many keys requires what was read only", State, ": floor.Highest", ": floor.Floor"),
        new("evicted writes are forgotten", Floor, "floor = Math.Max(floor, writes.Min(static write => write.Position));\n            writes = Above(floor, writes);", "writes = writes[1..];") { World = nameof(Writers) },
        new("a merge of floors keeps the own one", Floor, "var merged = WithFloors(other.Floor, other.ReadFloor);", "var merged = this;"),

        // Staleness.
        new("samples count from the answer", Monitor, "_shard.Samples.Add(history.Id, askedAt, observation.Position, _runtime.Now);", "_shard.Samples.Add(history.Id, _runtime.Now, observation.Position, _runtime.Now);"),
        new("unknown ages are zero", Attempt, "? now - current : null;", "? now - current : TimeSpan.Zero;"),
        new("bounds are not checked", Reads, "if (intent.Level == ConsistencyLevel.BoundedStaleness && !(age <= intent.MaxStaleness))", "if (false)"),
        new("a replica is as fresh as the next sample", Samples, "var index = LastAtOrBelow(position);\n            return index < 0", "var index = Math.Min(LastAtOrBelow(position) + 1, _count - 1);\n            return index < 0"),

        // Strong reads, writes.
        new("no barrier", Reads, "intent.Barrier && topology.History is { } history\n", "intent.Barrier && topology.History is { Timeline: 0 } history\n"),
        new("a barrier that nobody confirmed counts", Reads, "confirmed.Reached >= WriteDurability.RemoteFlush", "confirmed.Reached >= WriteDurability.Off") { World = nameof(Confirmations) },
        new("interrupted writes are sent again", Writes, "case StoreFaultKind.WrongRole or StoreFaultKind.Unreachable when fault.Disposition == WriteDisposition.NotApplied:", "case StoreFaultKind.WrongRole or StoreFaultKind.Unreachable or StoreFaultKind.Interrupted:"),
        new("ambiguous writes are reported as not applied", Writes, "Disposition = WriteDisposition.Ambiguous,", "Disposition = WriteDisposition.NotApplied,"),

        new("a write reached what was asked for", Writes, "write.Version, write.Reached);", "write.Version, intent.Durability);"),

        new("who has read at a replica writes as if everything were visible", Data + "Execution/WritesFollowReads.cs", "return seen <= history.Start ? null", "return seen >= 0 ? null") { World = nameof(HiddenCommits) },
        new("whatever was seen was in the log long ago", Data + "Execution/WritesFollowReads.cs", "engine.Runtime.Now - (shard.Samples.HeardAt(seen) ?? engine.Runtime.Now)", "TimeSpan.FromDays(1)") { World = nameof(HiddenCommits) },
        new("writes follow only what waits for less than they could", Data + "Execution/WritesFollowReads.cs", "engine.Shard.NoteDurability(durability);", "") { World = nameof(HiddenCommits) },

        // Which history, and who is primary.
        new("a history that lacks what a quorum had is followed", Rules, "end >= acknowledgedAtQuorum", "end >= 0"),
        new("what a quorum acknowledged is forgotten", Node, "if (write.Reached >= WriteDurability.RemoteWrite)", "if (write.Reached > WriteDurability.RemoteApply)"),
        new("one of two twins takes writes", Rules, "if (heads.Count == 1)", "if (heads.Count >= 1)"),
        new("a superseded primary is followed when it comes back", Rules, " && !IsAbandoned(log, history)", ""),
        new("a sample at the switch point stays", Samples, "At(_count - 1).Position >= sharedEnd", "At(_count - 1).Position > sharedEnd"),
        new("samples stay when the history changes", Samples, "while (_count > 0 && At(_count - 1).Position >= sharedEnd)", "while (false)"),

        // What became of a write.
        new("an idempotency key stands for any request", Verdicts, "_ when stored.Request != request", "_ when false"),
        new("an attempt that was applied is sent again", Resolving, "switch (OperationVerdicts.Of(found.Stored, request: null))\n        {\n            case OperationVerdict.Applied:\n                return Applied(found);", "switch (OperationVerdicts.Of(found.Stored, request: null))\n        {\n            case OperationVerdict.Applied:\n                return null;"),
        new("what a later history lacks is sent again", Resolving, "case OperationVerdict.NeverApplied when found.History.Id == sentOn.Id:", "case OperationVerdict.NeverApplied:"),
        new("unclear writes are sent again", Writes, "fault.Disposition != WriteDisposition.NotApplied ? AfterFault.Resolve : AfterFault.Fail", "fault.Disposition != WriteDisposition.NotApplied ? AfterFault.SendAgain : AfterFault.Fail"),
        new("a key that is known is not looked up", Writes, "case StoreFaultKind.Conflict or StoreFaultKind.OperationKnown or StoreFaultKind.BodyFailed when rows is { Key: not null }:", "case StoreFaultKind.Conflict or StoreFaultKind.BodyFailed when rows is { Key: not null }:"),
        new("an outcome that was found teaches nothing", Resolving, "new StoreWrite(found.Stored.Position, found.Stored.Version, found.Stored.Reached)", "new StoreWrite(0, found.Stored.Version, found.Stored.Reached)") { World = nameof(BrokenNetwork) },

        // Reads that share a round trip.
        new("answers are handed out one place off", Coalescing, "new StoreRead<TEntity?>(rows[i].Entity, stamp)", "new StoreRead<TEntity?>(rows[(i + 1) % rows.Length].Entity, stamp)"),
        new("what came together teaches lo, not hi", Coalescing, "new StoreRead<TEntity?>(rows[i].Entity, stamp)", "new StoreRead<TEntity?>(rows[i].Entity, stamp with { Hi = stamp.Lo })") { World = nameof(Crowds) },
        new("a row that can't be read isn't there", Coalescing, "if (answer.Value is { } rows)", "if ((answer.Value ?? new SizedRow<TEntity>[trip.Count]) is { } rows)"),
        new("a round trip that has ended keeps its place", Queue, "_onTheWay.Remove(ended);", ""),
        new("nobody looks at the time of a read", Queue, "_waiting.Enqueue(read);\n                Await(read);", "_waiting.Enqueue(read);"),
        new("one who leaves takes all along", SharedTrip, "_isCancelled |= --_waiting == 0;", "_isCancelled |= --_waiting >= 0;"),

        // Reads that ask a second node.
        new("a second node need not prove what the first had to", Hedges, "new ReadAttempt(plan, _attempt.Topology, _attempt.Requirement, engine.Runtime.Now)", "new ReadAttempt(plan, _attempt.Topology, default, engine.Runtime.Now)") { World = nameof(Stalls) },
        new("an answer that isn't good settles the read", Hedges, "isGood = first.TryTake(attempt, answer, mayGoOnHere);", "isGood = first.TryTake(attempt, answer, mayGoOnHere) || true;") { World = nameof(Stalls) },
        new("nobody goes on when the second node fails, too", Hedges, "first.Note(attempt, error);\n            first.EndOne();", "first.Note(attempt, error);") { World = nameof(Stalls) },

        // Who promotes whom.
        Coordinator("any standby is enough to promote", Data + "Failover/FailoverPolicy.cs", "Math.Max(Standbys - Required + 1, (Standbys / 2) + 1)", "1"),
        Coordinator("the standby that has received least is promoted", Promotion, "counted.OrderByDescending(static sight => sight.Standing!.Received!.Value)", "counted.OrderBy(static sight => sight.Standing!.Received!.Value)"),
        Coordinator("nobody is brought back", Data + "Failover/Mender.cs", "if (PromotionRules.Primary(sights) is not { } primary || (promoted ?? primary.Member) != primary.Member)\n        {\n            return;\n        }\n\n        // Left over", "if (PromotionRules.Primary(sights) is not { } primary || sights.Count > 0)\n        {\n            return;\n        }\n\n        // Left over"),

        // What callers feel of nodes that are no good.
        Felt("a node that says nothing is waited for", Data + "Health/Silence.cs", "? SilenceVerdict.Gone : SilenceVerdict.None", "? SilenceVerdict.None : SilenceVerdict.None"),
        Felt("a read stays with a node that is found to be gone", Attempt, "EndpointHealth.Unhealthy => Topology.Health[Plan[0]] != EndpointHealth.Unhealthy,", "EndpointHealth.Unhealthy => false,"),
        Felt("who flaps is let back as if for the first time", Data + "Health/GrowingHold.cs", "? _relapses + 1 : 0", "? 0 : 0"),
        Felt("a node that is set aside is asked like the others", Data + "Routing/RouteRank.cs", "(isSetAside ? SetAside : 0)", "(isSetAside ? 0 : 0)"),

        // Limits, and recovery.
        new("who failed never returns", InRotation, "_successes >= policy.SuccessesToReturn", "_successes < 0"),
        new("reads take five seconds more", Reads, "begunAt + intent.Timeout - engine.Runtime.Now;", "begunAt + intent.Timeout + TimeSpan.FromSeconds(5) - engine.Runtime.Now;"),
        new("nodes are asked rarely while nobody may write", Monitor, "_board[_shard.Index].State == ShardState.Writable && ", ""),
        new("promotions are not followed", Claims, "if (!observation.NeedsHistory && IsKnown(previous, observation))", "if (previous is not null || (!observation.NeedsHistory && IsKnown(previous, observation)))"),
        new("who gives up while waiting waits on", Runtime, "await passed.Task.WaitAsync(cancellationToken)", "await passed.Task.WaitAsync(CancellationToken.None)"),
        new("a disposed client goes on probing", Monitor, "await _runtime.CancelAsync(_stop).ConfigureAwait(false);\n        await Task.WhenAll(_loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);", "await Task.CompletedTask.ConfigureAwait(false);"),
    ];

    private static Mutant Felt(string name, string file, string find, string replace) => new(name, file, find, replace) { World = nameof(Ailing) };

    private static Mutant Coordinator(string name, string file, string find, string replace) => new(name, file, find, replace) { World = nameof(Coordinated) };
}
