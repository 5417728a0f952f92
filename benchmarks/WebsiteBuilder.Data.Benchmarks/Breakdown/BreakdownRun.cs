using Npgsql;
using Spectre.Console;
using WebsiteBuilder.Data.Benchmarks.Contenders;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Benchmarks.Breakdown;

/// <summary>Where the time of a read goes: from the bare driver to the repository, one thing more at each step, all steps in turns.</summary>
internal static class BreakdownRun
{
    private const int Turns = 41;
    private const int CountedOperations = 2_000;
    private const int SampledOperations = 40_000;
    private const int Types = 32;
    private const string Nothing = "SELECT 1";

    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        if (arguments is not ([] or ["reads" or "writes"]))
        {
            await Console.Error.WriteLineAsync("usage: breakdown [reads|writes]");
            return ExitCodes.Usage;
        }

        var screen = new Screen();
        await using var tier = await BenchTier.StartAsync(step => screen.Line($"  {step}"), cancellationToken);
        if (arguments is not ["writes"])
        {
            await ShowAsync(screen, "One read at a replica, 1 worker, step by step", await StepsAsync(tier, cancellationToken), cancellationToken);
            await ShowAsync(screen, "Many readers at a replica", await CrowdsAsync(tier, cancellationToken), cancellationToken);
        }

        if (arguments is not ["reads"])
        {
            await ShowAsync(screen, "One write, 1 worker, step by step", await WriteStepsAsync(tier, cancellationToken), cancellationToken);
            await ShowAsync(screen, "Many writers, commits on disk", await WritersAsync(tier, cancellationToken), cancellationToken);
            await tier.WaitForStandbyAsync(cancellationToken);
            await ShowAsync(screen, "One write, 1 worker, its commit also on the disk of a standby", await WriteStepsAsync(tier, cancellationToken), cancellationToken);
            await ShowAsync(screen, "Many writers, commits also on the disk of a standby", await WritersAsync(tier, cancellationToken), cancellationToken);
        }

        return ExitCodes.Good;
    }

    private static async Task ShowAsync(Screen screen, string title, Contender[] steps, CancellationToken cancellationToken)
    {
        try
        {
            var rounds = await Rounds.RunAsync(Turns, steps);
            screen.Title(title);
            var table = Screen.Table("step", ">us", ">x", ">95 %", ">cpu us", ">x", ">B/op");
            for (var i = 0; i < steps.Length; i++)
            {
                var ratio = rounds.Ratio(i, 0, Measure.Time.Figure);
                table.AddRow(
                    steps[i].Name,
                    Figures.Of(rounds.Of(i, Measure.Time.Figure).Median),
                    Figures.Of(ratio.Median),
                    $"{Figures.Of(ratio.Low)} .. {Figures.Of(ratio.High)}",
                    Figures.Of(rounds.Of(i, Measure.Cpu.Figure).Median),
                    Figures.Of(rounds.Ratio(i, 0, Measure.Cpu.Figure).Median),
                    Figures.Of(await steps[i].BytesAsync(CountedOperations)));
            }

            screen.Show(table);
            screen.Line("x: compared with the first step, in pairs. us: for a row, of all workers together. cpu: of this process; the server's own is in the clock's time only.");
            await ShowAllocationsAsync(screen, steps[^1], cancellationToken);
        }
        finally
        {
            foreach (var step in steps)
            {
                await step.DisposeAsync();
            }
        }
    }

    private static async Task ShowAllocationsAsync(Screen screen, Contender contender, CancellationToken cancellationToken)
    {
        using var allocations = new AllocationSamples();
        await contender.BytesAsync(SampledOperations);
        cancellationToken.ThrowIfCancellationRequested();
        screen.Title($"What '{contender.Name}' allocates");
        var table = Screen.Table(">B/op", "type");
        foreach (var (type, bytes) in allocations.Take(Types))
        {
            table.AddRow(Figures.Of((double)bytes / SampledOperations), Markup.Escape(type));
        }

        screen.Show(table);
        screen.Line("Sampled by the runtime each 100 KB or so, so small figures are rough.");
    }

    private static async Task<Contender[]> StepsAsync(BenchTier tier, CancellationToken cancellationToken) =>
    [
        RawNpgsql.Find("driver, one statement", RawNpgsql.Tuned(tier.Replica, 1), 1, cancellationToken),
        Batch("driver, a batch of one", tier, [], [], cancellationToken),
        Batch("driver, SELECT 1 around it", tier, [Nothing], [Nothing], cancellationToken),
        Batch("driver, lo before it", tier, [StampSql.Lo], [], cancellationToken),
        Batch("driver, hi behind it", tier, [], [StampSql.Hi], cancellationToken),
        Batch("driver, lo and hi around it", tier, [StampSql.Lo], [StampSql.Hi], cancellationToken),
        Store(tier, cancellationToken),
        await Library.FindAsync(tier, ConsistencyLevel.Eventual, 1, cancellationToken),
        await Library.FindAsync(tier, ConsistencyLevel.Session, 1, cancellationToken),
    ];

    private static async Task<Contender[]> CrowdsAsync(BenchTier tier, CancellationToken cancellationToken) =>
    [
        RawNpgsql.Find("driver, 64 workers, pool of 8", RawNpgsql.Tuned(tier.Replica, 8), 64, cancellationToken),
        RawNpgsql.FindMany("driver, 2 workers, 32 keys at once", RawNpgsql.Tuned(tier.Replica, 2), 32, 2, cancellationToken),
        await Library.FindAsync(tier, ConsistencyLevel.Eventual, 64, cancellationToken),
        await Library.FindAsync(tier, ConsistencyLevel.Session, 64, cancellationToken),
    ];

    private static async Task<Contender[]> WritersAsync(BenchTier tier, CancellationToken cancellationToken) =>
    [
        RawNpgsql.Update("driver, 64 workers, pool of 64", RawNpgsql.Tuned(tier.Primary, 64), 64, cancellationToken),
        RawNpgsql.Update("driver, 64 workers, pool of 16", RawNpgsql.Tuned(tier.Primary, 16), 64, cancellationToken),
        RawNpgsql.Update("driver, 64 workers, pool of 8", RawNpgsql.Tuned(tier.Primary, 8), 64, cancellationToken),
        RawNpgsql.UpdateMany("driver, 8 workers, 8 commits at once", RawNpgsql.Tuned(tier.Primary, 8), 8, together: false, 8, cancellationToken),
        RawNpgsql.UpdateMany("driver, 8 workers, 8 rows in a commit", RawNpgsql.Tuned(tier.Primary, 8), 8, together: true, 8, cancellationToken),
        WriteSteps.Of("driver, 64 workers, pool of 16, all of it", tier, await WriteSteps.HistoryAsync(tier, cancellationToken), WriteSteps.Whole, 64, 16, cancellationToken),
        await Library.UpdateAsync("library, 64 workers, pool of 16", tier, resolvable: false, 64, cancellationToken),
    ];

    private static async Task<Contender[]> WriteStepsAsync(BenchTier tier, CancellationToken cancellationToken)
    {
        var history = await WriteSteps.HistoryAsync(tier, cancellationToken);
        return
        [
            RawNpgsql.Update("driver, one statement", RawNpgsql.Tuned(tier.Primary, 1), 1, cancellationToken),
            WriteSteps.Of("driver, the position behind it", tier, history, WriteParts.Position, cancellationToken),
            WriteSteps.Of("driver, transaction", tier, history, WriteParts.Transaction, cancellationToken),
            WriteSteps.Of("driver, transaction and the position", tier, history, WriteParts.Transaction | WriteParts.Position, cancellationToken),
            WriteSteps.Of("driver, guard, implicit transaction, position", tier, history, WriteParts.Guard | WriteParts.Position, cancellationToken),
            WriteSteps.Of("driver, all of it", tier, history, WriteSteps.Whole, cancellationToken),
            WriteSteps.Of("driver, all of it and an operation row", tier, history, WriteSteps.Whole | WriteParts.Operation, cancellationToken),
            WriteSteps.Store(tier, history, cancellationToken),
            await Library.UpdateAsync("library", tier, resolvable: false, 1, cancellationToken),
            await Library.UpdateAsync("library, resolvable", tier, resolvable: true, 1, cancellationToken),
        ];
    }

    private static Contender Batch(string name, BenchTier tier, string[] before, string[] after, CancellationToken cancellationToken)
    {
        var source = RawNpgsql.Tuned(tier.Replica, 1);
        return new Contender(
            name,
            1,
            worker =>
            {
                var keys = new Keys(worker);
                return () => BatchAsync(source, keys.Next(), before, after, cancellationToken);
            },
            source);
    }

    private static async ValueTask<int> BatchAsync(
        NpgsqlDataSource source, long key, string[] before, string[] after, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in before)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand(Item.Find) { Parameters = { new NpgsqlParameter<long> { TypedValue = key } } });
        foreach (var sql in after)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rows = 0;
        do
        {
            rows += await reader.ReadAsync(cancellationToken) ? 1 : 0;
        }
        while (await reader.NextResultAsync(cancellationToken));

        return rows == before.Length + 1 + after.Length ? 1 : throw new InvalidOperationException("A row is missing.");
    }

    private static Contender Store(BenchTier tier, CancellationToken cancellationToken)
    {
        var store = new PostgresEndpoint(
            new PostgresConnections("replica", tier.Replica, 1, TimeSpan.FromSeconds(5)), new EngineRuntime(TimeProvider.System, new Random(Seeds.Of(0))));
        return new Contender(
            "library's store, no engine",
            1,
            worker =>
            {
                var keys = new Keys(worker);
                return async () =>
                {
                    var read = await store.FindAsync(Item.Map, keys.Next(), new ReadGuard(0, 0), cancellationToken);
                    return read.Value is { } item && item.Body.Length > 0 ? 1 : throw new InvalidOperationException("A row is missing.");
                };
            },
            store);
    }
}
