using System.Diagnostics;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>The fastest of some short rounds: other work on the machine only ever adds, and curves compare what was measured minutes apart.</summary>
internal static class Timed
{
    private const int Rounds = 21;
    private static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan Length = TimeSpan.FromMilliseconds(8);

    /// <summary>Nanoseconds of one pass.</summary>
    public static double Nanoseconds(Func<int, long> loop)
    {
        var watch = Stopwatch.StartNew();
        var count = 0L;
        for (var times = 1; watch.Elapsed < WarmUp; times = Math.Min(times * 2, 1_024))
        {
            GC.KeepAlive(loop(times));
            count += times;
        }

        var each = (int)Math.Max(1, count * (Length / watch.Elapsed));
        var fastest = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            watch.Restart();
            GC.KeepAlive(loop(each));
            fastest = Math.Min(fastest, watch.Elapsed.TotalNanoseconds / each);
        }

        return fastest;
    }

    /// <summary>Bytes that are kept for each of so many things, after all that is garbage is gone.</summary>
    public static double BytesKept(int count, Func<object> make)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var things = make();
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(things);
        return (double)(after - before) / count;
    }
}
