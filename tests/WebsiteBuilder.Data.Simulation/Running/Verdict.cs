using WebsiteBuilder.Data.Simulation.Judges;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Lets all judges look at a run. Guarantees hold per shard: a token carries what its session has seen of each, and no more.</summary>
internal sealed class Verdict
{
    private const int MostPerJudge = 3;

    /// <summary>Limits count whole milliseconds, begun ones included.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(1);

    /// <summary>What counts as success of a world at peace: the store's word, the map's word about a row, and being told once of what was lost before.</summary>
    private static readonly string[] Answers = [nameof(ConflictException), nameof(SessionHistoryLostException), nameof(UnreadableItemException)];

    private readonly Stage _stage;
    private readonly Transcript _history;
    private readonly List<Finding> _findings = [];

    private Verdict(Stage stage, Transcript history)
    {
        _stage = stage;
        _history = history;
    }

    public static IReadOnlyList<Finding> Of(Stage stage, Transcript history, TimeSpan healedAt, IReadOnlyList<Twins> twins, IReadOnlyList<Ailment> ailments, string? stuck, int timersLeft)
    {
        var verdict = new Verdict(stage, history);
        var all = history.Operations;
        var branches = BranchesOf(stage, history);
        verdict.Ends(stuck, timersLeft);
        verdict.Report(all, PhantomJudge.Judge(all, branches));
        verdict.Report(all, DurabilityJudge.Judge(all));
        verdict.Report(all, BoundsJudge.Judge(all, Slack));
        verdict.Report(all, OwnRowsJudge.Judge(all, [.. history.Calls.Select(static (call, i) => new RowsTold(i, call.Keys, call.Told))]));
        verdict.Report(all, OnceJudge.Judge(all, history.Effects, branches));
        verdict.Report(all, SupersededJudge.Judge(all, ForksOf(stage)));
        verdict.Report(all, OneChainJudge.Judge(all, verdict.EntryOf, (shard, branch, entry) => branches.Contains(shard, branch, entry)));
        if (stage.World.TwinsAreNoticedWithin is { } within)
        {
            verdict.Report(all, TwinsJudge.Judge(all, twins, within));
        }

        if (stage.World.IsFeltLittle)
        {
            verdict.Report(all, FeltJudge.Judge(all, ailments));
        }

        verdict.Report(all, PeaceJudge.Judge(all, history.Calls.Index().Where(static call => call.Item.Step.Healed).Select(static call => new Route(call.Index, call.Item.Reason))));

        // Steps that were drawn for a world in trouble may have no time, or ask a region that can't answer.
        Operation[] healed = [.. all.Where((_, i) => history.Calls[i].Step.Healed)];
        verdict.Report(healed, RecoveryJudge.Judge(healed, healedAt, Script.RecoversWithin, stage.World.MayForgetBranches ? [.. Answers, nameof(InvalidSessionTokenException)] : Answers));
        Operation[] known = [.. all.Select(static operation => operation.History < 0 ? operation with { Level = ConsistencyLevel.Eventual } : operation)];
        verdict.Report(known, LostHistoryJudge.Judge(known, branches));
        for (var shard = 0; shard < stage.Cluster.Shards.Count; shard++)
        {
            var mine = verdict.OfShard(shard);
            verdict.Report(mine, SessionJudge.Judge(mine, ConsistencyLevel.Session));
            verdict.Staleness(shard, mine);
        }

        if (stage.World.IsLinearizable)
        {
            verdict.Registers();
        }

        return verdict._findings;
    }

    /// <summary>Errors that no caller should meet, calls that never end, timers that nobody stops.</summary>
    private void Ends(string? stuck, int timersLeft)
    {
        if (stuck is not null)
        {
            _findings.Add(new Finding("Ends", stuck, []));
        }

        if (timersLeft > 0)
        {
            _findings.Add(new Finding("Ends", $"{timersLeft} timers are left when all processes are gone.", []));
        }

        foreach (var call in _history.Calls.Where(static call => call.Error is not (null or DataTierException or UnreadableItemException)).Take(MostPerJudge))
        {
            _findings.Add(new Finding("Errors", $"{call.Step} ended with {call.Error!.GetType().Name}: {call.Error.Message}", [call.Error.ToString()]));
        }
    }

    private LogEntry? EntryOf(Operation write) =>
        write.Observations is [{ IsExact: true } written] ? _history.Chronicles[write.Shard].EntryOf(written) : null;

    private Operation[] OfShard(int shard) =>
        [.. _history.Operations.Where(operation => operation.Shard == shard || operation.Kind == OperationKind.Merge)];

    private static IEnumerable<Fork> ForksOf(Stage stage) => stage.Cluster.Shards.SelectMany(static shard => shard.Branches
        .Where(static branch => branch.Parent is not null)
        .Select(branch => new Fork(shard.Number, branch.Ordinal, branch.Parent!.Ordinal, (long)branch.ForkedAt)));

    private static Branches BranchesOf(Stage stage, Transcript history) => new(
        ForksOf(stage),
        history.Chronicles.SelectMany(static chronicle => chronicle.Entries));

    /// <summary>Ages and bounds are told of the branch that the answering node was on, so only that branch's writes are looked for.</summary>
    private void Staleness(int shard, Operation[] history)
    {
        var chronicle = _history.Chronicles[shard];
        for (var branch = 0; branch < _stage.Cluster.Shards[shard].Branches.Count; branch++)
        {
            Operation[] mine =
            [
                .. history.Where(operation => operation.Kind switch
                {
                    OperationKind.Read => operation.History == branch,
                    OperationKind.Write => operation.Observations is [{ IsExact: true } written] && chronicle.Holds(branch, written),
                    _ => false,
                }),
            ];
            Report(mine, StalenessJudge.JudgeClaims(mine));
            Report(mine, StalenessJudge.JudgeBounds(mine));
        }
    }

    private void Registers()
    {
        var registers = Register.Of(_history);
        var verdict = LinearizabilityJudge.Judge(registers);
        if (verdict.Outcome != Linearizability.Linearizable)
        {
            _findings.Add(new Finding("Linearizability", verdict.Explanation, [.. verdict.Window.Select(i => registers[i].ToString())]));
        }
    }

    private void Report(IReadOnlyList<Operation> judged, IReadOnlyList<Violation> violations)
    {
        foreach (var violation in violations.Take(MostPerJudge))
        {
            _findings.Add(new Finding(violation.Judge, violation.Explanation, [.. History.Around(judged, violation).Select(static operation => operation.ToString())]));
        }
    }
}
