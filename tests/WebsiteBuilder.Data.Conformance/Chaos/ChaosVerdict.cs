using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>Lets all judges look at a round.</summary>
internal static class ChaosVerdict
{
    private const int MostPerJudge = 3;

    /// <summary>What promises something and broke it, in words. Empty for a good round.</summary>
    /// <param name="history">What was seen.</param>
    /// <param name="isOneNode">Whether one node was gone and all others were well, so that somebody could answer every read that a replica may answer.</param>
    /// <param name="starved">When a node without a fault didn't answer somebody who asked it directly, in the time that an attempt has: nobody could have been answered in time.</param>
    public static IReadOnlyList<string> Of(ChaosHistory history, bool isOneNode, IReadOnlyList<(TimeSpan From, TimeSpan To)> starved)
    {
        var (all, branches) = (history.Operations, history.Branches);
        var found = new List<string>();
        Report(all, PhantomJudge.Judge(all, branches));
        Report(all, DurabilityJudge.Judge(all));
        Report(all, SessionJudge.Judge(all, ConsistencyLevel.Session));

        // Where nobody knows which branch answered, nothing can be said.
        Operation[] known = [.. all.Select(static operation => operation.History < 0 ? operation with { Level = ConsistencyLevel.Eventual } : operation)];
        Report(known, LostHistoryJudge.Judge(known, branches));
        for (var branch = 0; branch <= history.Forks.Count; branch++)
        {
            Operation[] mine = [.. all.Where(operation => operation.Kind switch
            {
                OperationKind.Read => operation.History == branch,
                OperationKind.Write => operation.Observations is [{ IsExact: true } written] && branches.Contains(0, branch, written.Key, written.Versions[0]),
                _ => false,
            })];
            Report(mine, StalenessJudge.JudgeBounds(mine));
            Report(mine, StalenessJudge.JudgeClaims([.. mine.Where(static operation => operation.Kind == OperationKind.Write || operation.Level > ConsistencyLevel.Eventual)]));
        }

        found.AddRange(history.Twice.Take(MostPerJudge).Select(static value => $"Once: write {value} stands in the log twice"));
        found.AddRange(Failures(history, isOneNode, starved));
        return found;

        void Report(IReadOnlyList<Operation> judged, IEnumerable<Violation> violations) =>
            found.AddRange(violations.Take(MostPerJudge).Select(violation => History.Describe(judged, violation)));
    }

    /// <summary>Reads that a living replica could have answered; callers told of a loss that was none; errors that nobody should meet; what fails after all was mended.</summary>
    private static IEnumerable<string> Failures(ChaosHistory history, bool isOneNode, IReadOnlyList<(TimeSpan From, TimeSpan To)> starved)
    {
        var failed = history.Calls.Index().Where(static call => call.Item.Error is not null).ToArray();
        return Said("Errors", static call => call.Error is (not DataTierException) or InvalidSessionTokenException)
            .Concat(Said("Eventual", call => call is { Kind: OperationKind.Read, Level: ConsistencyLevel.Eventual } && CouldBeAnswered(call)))
            .Concat(Said("Coverable", call => isOneNode && call is { Kind: OperationKind.Read, Level: ConsistencyLevel.Session, Error: not SessionHistoryLostException } && history.IsCoverable(call) && CouldBeAnswered(call)))
            .Concat(Said("FalseAlarm", call => call.Error is SessionHistoryLostException && history.IsKept(call)))
            .Concat(Said("Recovery", call => call is { IsHealed: true, Error: not (SessionHistoryLostException or ConflictException) } && CouldBeAnswered(call)));

        bool CouldBeAnswered(ChaosCall call) => !starved.Any(span => span.From < call.Completed && span.To > call.Invoked);

        IEnumerable<string> Said(string judge, Func<ChaosCall, bool> which) => failed
            .Where(call => which(call.Item))
            .Take(MostPerJudge)
            .Select(call => $"{judge}: {history.Operations[call.Index]}: {(call.Item.Error is DataTierException error ? $"{error.GetType().Name}: {error.Message} {error.InnerException?.Message}" : call.Item.Error)}");
    }
}
