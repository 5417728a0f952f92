using System.Diagnostics;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Benchmarks.Resilience;

/// <summary>
/// Reads from two replicas, of which one says nothing for a tenth of a second, twice a second: by a client whose reads ask a second node when the first takes longer than usual, and by one
/// whose reads don't, in turns.
/// </summary>
internal static class StallingReplica
{
    private const int Workers = 32;
    private const int Blocks = 8;
    private const int SlicesOfBlock = 3;
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Stall = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    public static async Task<StallOutcome> MeasureAsync(CancellationToken cancellationToken)
    {
        await using var replicas = await Replicas.StartAsync(2, cancellationToken);
        await using var hedging = await replicas.ClientAsync(static options => options.Routing.HedgeReads = true, cancellationToken);
        await using var plain = await replicas.ClientAsync(static options => options.Routing.HedgeReads = false, cancellationToken);
        await RunAsync(hedging, [], cancellationToken);
        await RunAsync(plain, [], cancellationToken);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var stalls = StallAsync(replicas.LinkTo(replicas.Shard.Replicas.First()), over.Token);
        var (old, now, extra) = (new double[Blocks], new double[Blocks], new double[Blocks]);
        for (var block = 0; block < Blocks; block++)
        {
            var (withOne, withTwo) = (new List<double>(), new List<double>());
            var asked = hedging.Asked;
            for (var slice = 0; slice < SlicesOfBlock; slice++)
            {
                await RunAsync(hedging, withTwo, cancellationToken);
                await RunAsync(plain, withOne, cancellationToken);
            }

            (old[block], now[block]) = (P999(withOne), P999(withTwo));
            extra[block] = 100 * (((double)(hedging.Asked - asked) / withTwo.Count) - 1);
        }

        await over.CancelAsync();
        await stalls.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new StallOutcome(Interval.Of(old), Interval.Of(now), Interval.Of([.. old.Zip(now, static (one, two) => one / two)]), Interval.Of(extra));
    }

    private static async Task RunAsync(DataClient client, List<double> milliseconds, CancellationToken cancellationToken)
    {
        var end = Stopwatch.GetTimestamp() + (long)(Slice.TotalSeconds * Stopwatch.Frequency);
        foreach (var taken in await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(() => WorkAsync(client, worker, end, cancellationToken)))))
        {
            milliseconds.AddRange(taken);
        }
    }

    private static async Task<List<double>> WorkAsync(DataClient client, int worker, long end, CancellationToken cancellationToken)
    {
        var milliseconds = new List<double>();
        var random = new Random(Seeds.Of(worker));
        var items = client.OpenSession().Repository<Item, long>();
        while (Stopwatch.GetTimestamp() < end)
        {
            var startedAt = Stopwatch.GetTimestamp();
            var read = await items.FindAsync(random.Next(Item.Rows), cancellationToken: cancellationToken);
            milliseconds.Add(Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds);
            if (!read.Found)
            {
                throw new InvalidOperationException("A row is missing.");
            }

            await Task.Delay(Pause, cancellationToken);
        }

        return milliseconds;
    }

    private static async Task StallAsync(NetworkLink link, CancellationToken cancellationToken)
    {
        while (true)
        {
            link.Hang();
            await Task.Delay(Stall, CancellationToken.None);
            link.Heal();
            await Task.Delay(Slice - Stall, cancellationToken);
        }
    }

    private static double P999(List<double> milliseconds)
    {
        milliseconds.Sort();
        return milliseconds[(int)(milliseconds.Count * 0.999)];
    }
}

/// <summary>What came out, of several blocks of slices.</summary>
/// <param name="Old">The 99.9th percentile without asking a second node, in ms.</param>
/// <param name="New">The same with it.</param>
/// <param name="Ratio">Old ÷ new.</param>
/// <param name="ExtraLoad">What was asked in addition, in % of the reads.</param>
internal sealed record StallOutcome(Interval Old, Interval New, Interval Ratio, Interval ExtraLoad);
