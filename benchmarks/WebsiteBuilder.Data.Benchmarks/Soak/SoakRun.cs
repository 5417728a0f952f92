using System.Diagnostics;
using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Soak;

/// <summary>Works at the machine's limit for long, and looks whether anything grows.</summary>
internal static class SoakRun
{
    public const string Command = "soak";
    private const int MostReadings = 60;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(string[] words, CancellationToken cancellationToken)
    {
        SoakOptions options;
        try
        {
            options = SoakOptions.Parse(words);
        }
        catch (ArgumentException problem)
        {
            await Console.Error.WriteLineAsync($"{problem.Message}\n{SoakOptions.Usage}");
            return ExitCodes.Usage;
        }

        var screen = new Screen();
        var report = await RunAsync(options, WarmUp, step => screen.Line($"  {step}"), cancellationToken);
        report.Show(screen);
        if (options.JsonFile is { } file)
        {
            await RowFile.WriteAsync(file, report.Rows(), cancellationToken);
        }

        return report.IsGood ? ExitCodes.Good : ExitCodes.TargetMissed;
    }

    public static async Task<SoakReport> RunAsync(SoakOptions options, TimeSpan warmUp, Action<string>? progress, CancellationToken cancellationToken)
    {
        await using var tier = await BenchTier.StartAsync(progress, cancellationToken);
        await using var client = await tier.ClientAsync(null, cancellationToken);
        using var crowd = new SoakCrowd(client, options.Workers);
        using var chaos = new CancellationTokenSource();
        var working = crowd.StartAsync();
        progress?.Invoke($"Warm up for {warmUp.TotalSeconds:0} s");
        await Task.Delay(warmUp, cancellationToken);
        var killing = options.Kill ? KillAsync(tier, options.Length, chaos.Token) : Task.FromResult(0);
        progress?.Invoke($"{options.Workers} workers for {options.Length.TotalMinutes:0.#} minutes{(options.Kill ? ", with a replica killed now and then" : "")}");
        var readings = await ReadAsync(crowd, tier, options.Length, cancellationToken);
        await chaos.CancelAsync();
        var kills = await killing;
        await crowd.StopAsync();
        await working;
        if (crowd.FirstFault is { } fault)
        {
            progress?.Invoke($"The first failure: {fault.Message}");
        }

        return new SoakReport(readings, crowd.Failed, kills);
    }

    private static async Task<List<Reading>> ReadAsync(SoakCrowd crowd, BenchTier tier, TimeSpan length, CancellationToken cancellationToken)
    {
        var interval = length / MostReadings > ShortestInterval ? length / MostReadings : ShortestInterval;
        var readings = new List<Reading>();
        var startedAt = Stopwatch.GetTimestamp();
        crowd.Take();
        while (Stopwatch.GetElapsedTime(startedAt) < length)
        {
            await Task.Delay(interval, cancellationToken);
            var (operations, p99, waiting) = crowd.Take();
            var reading = await Reading.TakeAsync(Stopwatch.GetElapsedTime(startedAt), [tier.Primary, tier.Replica], cancellationToken);
            readings.Add(reading with { Operations = operations, P99 = p99, Waiting = waiting });
        }

        return readings;
    }

    /// <summary>Kills the replica in the middle of each sixth of the time, and starts it again a little later.</summary>
    private static async Task<int> KillAsync(BenchTier tier, TimeSpan length, CancellationToken stop)
    {
        var kills = 0;
        try
        {
            while (true)
            {
                await Task.Delay(length / 12, stop);
                kills++;
                await tier.KillReplicaAsync(length / 60, stop);
                await Task.Delay(length / 12, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return kills;
        }
    }
}
