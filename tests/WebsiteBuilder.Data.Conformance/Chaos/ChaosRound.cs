using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>One round: load, a fault in the middle of it, mending under load, and judges.</summary>
internal static class ChaosRound
{
    /// <summary>How many writes each round acknowledges at least.</summary>
    public const int Writes = 500;

    private const int Warm = 150;
    private const int After = 150;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);

    /// <summary>How long a fault lasts that nobody is promoted for.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromMilliseconds(1_200);

    public static async Task<ChaosRecord> RunAsync(ChaosWorld world, int number, ChaosFault fault)
    {
        await world.ResetAsync();
        var begun = world.Clock.Now;
        var first = await ChaosTimelines.OfAsync(world.Primary);
        var strike = new ChaosStrike(world, fault, new Random(number));
        await using var control = new ChaosControl(world);
        using var crew = new ChaosCrew(world, number);
        crew.Start();
        await crew.AcknowledgeAsync(Warm, Patience);
        await strike.StrikeAsync();
        TimeSpan? promoted = null;
        if (strike.Promotes)
        {
            promoted = await world.PromotedAsync(strike.At);
            strike.EndReplicationCuts();
            await Eventually.TrueAsync(
                () => Task.FromResult(world.IsUnclear(promoted.Value) || crew.Any(call => call.Invoked > promoted && call.IsAcknowledgedWrite && call.Reached >= WriteDurability.RemoteWrite)),
                Patience,
                () => $"writes are safe again; {world}");
            await crew.AcknowledgeAsync(world.IsUnclear(promoted.Value) ? 0 : After, Patience);
        }
        else
        {
            var until = world.Clock.Now + Lasting;
            await Eventually.TrueAsync(() => world.Clock.Now > until);
        }

        var alone = await strike.MendAsync();
        await crew.AcknowledgeAsync(Math.Max(After, Writes - crew.Acknowledged), Patience);
        await world.MendedAsync();
        var calls = await crew.StopAsync();
        var history = new ChaosHistory(calls, await ChaosEntry.ReadAsync(world.Primary), alone, await ChaosTimelines.ReadAsync(world.Primary), first);
        return Describe(world, history, strike, promoted, control.Starved(strike.Struck)) with { Round = number, Fault = fault, Took = (world.Clock.Now - begun).TotalMilliseconds };
    }

    private static ChaosRecord Describe(ChaosWorld world, ChaosHistory history, ChaosStrike strike, TimeSpan? promoted, IReadOnlyList<(TimeSpan From, TimeSpan To)> starved)
    {
        var writes = history.Calls.Where(static call => call.IsAcknowledgedWrite).ToArray();
        var after = writes.Where(call => promoted is null ? call.Completed > strike.At : history.IsAfterPromotion(call)).ToArray();
        return new ChaosRecord
        {
            Round = 0,
            Fault = default,
            InCommit = strike.InCommit,
            Calls = history.Calls.Count,
            Acknowledged = writes.Length,
            ByDurability = Count(writes, static write => $"{write.Reached}"),
            Lost = Count(writes.Where(write => !history.Survived(write)), static write => $"{write.Reached}"),
            Told = history.Calls.Count(static call => call.Kind == OperationKind.Forget),
            Promoted = Since(promoted),
            FirstWrite = Since(after.Select(static write => (TimeSpan?)write.Completed).FirstOrDefault()),
            FirstSafeWrite = Since(after.Where(static write => write.Reached >= WriteDurability.RemoteWrite).Select(static write => (TimeSpan?)write.Completed).FirstOrDefault()),
            SlowestEventual = Slowest(ConsistencyLevel.Eventual),
            SlowestSession = Slowest(ConsistencyLevel.Session),
            Failed = Count(history.Calls.Where(static call => call.Error is not null), static call => $"{(call.Kind == OperationKind.Write ? "write" : call.Level)} {call.Outcome}"),
            NeededTheRegion = promoted is { } at && world.IsUnclear(at),
            Starved = starved.Sum(static span => (span.To - span.From).TotalMilliseconds),
            Violations = ChaosVerdict.Of(history, strike.IsOneNode, starved),
        };

        double? Since(TimeSpan? moment) => (moment - strike.At)?.TotalMilliseconds;

        double Slowest(ConsistencyLevel level) => history.Calls
            .Where(call => call.Kind == OperationKind.Read && call.Level == level && call.Error is null && call.Completed > strike.At)
            .Select(static call => call.Took.TotalMilliseconds)
            .DefaultIfEmpty(0)
            .Max();
    }

    private static Dictionary<string, int> Count(IEnumerable<ChaosCall> calls, Func<ChaosCall, string> by) =>
        calls.GroupBy(by).ToDictionary(static group => group.Key, static group => group.Count());
}
