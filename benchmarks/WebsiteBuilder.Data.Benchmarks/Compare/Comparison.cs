using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Compare;

/// <summary>One name of <c>compare</c>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted.</param>
internal abstract record Comparison(string Name, string Meaning, Target Target)
{
    /// <summary>Measures.</summary>
    /// <param name="tier">Gives the servers, and starts them when it is first asked for them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken);
}

/// <summary>The library against somebody else, in turns at the same server.</summary>
internal sealed record Duel(
    string Name,
    string Meaning,
    Target Target,
    Measure Measure,
    Func<BenchTier, CancellationToken, Task<Contender>> Ours,
    Func<BenchTier, CancellationToken, IEnumerable<Contender>> Peers) : Comparison(Name, Meaning, Target)
{
    private const int TrialRounds = 7;
    private const int CountedOperations = 2_000;

    /// <summary>How many pairs of slices are taken.</summary>
    public int Pairs { get; init; } = 51;

    public override async Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken)
    {
        var servers = await tier();
        var peers = Peers(servers, cancellationToken).ToArray();
        await using var ours = await Ours(servers, cancellationToken);
        try
        {
            var peer = peers.Length == 1 ? peers[0] : await BestAsync(peers);
            var rounds = await Rounds.RunAsync(Pairs, ours, peer);
            return Row.Of(Name, Measure, Target, rounds, peer.Name) with
            {
                Bytes = await ours.BytesAsync(CountedOperations),
                PeerBytes = await peer.BytesAsync(CountedOperations),
            };
        }
        finally
        {
            foreach (var peer in peers)
            {
                await peer.DisposeAsync();
            }
        }
    }

    /// <summary>The fastest in a trial of its own, whose figures are thrown away: the best of several noisy medians would flatter it.</summary>
    private static async Task<Contender> BestAsync(Contender[] peers)
    {
        var rounds = await Rounds.RunAsync(TrialRounds, peers);
        return peers[Enumerable.Range(0, peers.Length).MaxBy(i => rounds.Of(i, static slice => slice.PerSecond).Median)];
    }
}

/// <summary>Something of the size of nanoseconds, alone.</summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted of the time, and of the bytes.</param>
/// <param name="Open">Makes what is measured: a loop that does it so many times and returns something that depends on all of it.</param>
internal sealed record Loop(string Name, string Meaning, Target Target, Func<Func<int, long>> Open) : Comparison(Name, Meaning, Target)
{
    private const int Rounds = 301;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(5);

    public override Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken)
    {
        var loop = Open();
        var times = TimesOf(loop);
        var nanoseconds = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            nanoseconds[round] = Nanoseconds(loop, times);
        }

        var interval = Interval.Of(nanoseconds);
        var bytes = Bytes(loop, times);
        return Task.FromResult(new Row(
            Name, interval.Median, "ns", null, null, Target.ToString(), Target.IsKept(interval, bytes), interval.Low, interval.High, "clock")
        {
            Bytes = bytes,
        });
    }

    /// <summary>Warms a loop up, and says how many passes make a round.</summary>
    public static int TimesOf(Func<int, long> loop)
    {
        var stopwatch = System.Diagnostics.Stopwatch.StartNew();
        var count = 0L;
        while (stopwatch.Elapsed < WarmUp)
        {
            GC.KeepAlive(loop(100));
            count += 100;
        }

        return (int)Math.Max(100, count * (Length / stopwatch.Elapsed));
    }

    /// <summary>What one pass takes, of so many.</summary>
    public static double Nanoseconds(Func<int, long> loop, int times)
    {
        var stopwatch = System.Diagnostics.Stopwatch.StartNew();
        GC.KeepAlive(loop(times));
        return stopwatch.Elapsed.TotalNanoseconds / times;
    }

    /// <summary>What one pass allocates.</summary>
    public static double Bytes(Func<int, long> loop, int times)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        GC.KeepAlive(loop(times));

        // The boxed result is the harness's own, and vanishes in the rounding.
        return Math.Round((double)(GC.GetAllocatedBytesForCurrentThread() - before) / times, 1);
    }
}
