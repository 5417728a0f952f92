using System.Diagnostics;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Plays many seeds, several at a time. Each world runs on one thread of its own, so what a seed does never depends on the others.</summary>
internal static class Series
{
    /// <summary>Plays seeds.</summary>
    /// <param name="seeds">Which.</param>
    /// <param name="choose">Which world a seed plays.</param>
    /// <param name="done">Told each report, one at a time, in no order; says whether to go on.</param>
    public static TimeSpan Play(IEnumerable<int> seeds, Func<int, World> choose, Func<WorldReport, bool> done)
    {
        var watch = Stopwatch.GetTimestamp();
        using var remaining = seeds.GetEnumerator();
        var gate = new Lock();
        var stop = false;
        Exception? failed = null;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        return failed is null ? Stopwatch.GetElapsedTime(watch) : throw new InvalidOperationException("A world could not be played.", failed);

        void Work()
        {
            while (Next() is { } seed)
            {
                try
                {
                    var world = choose(seed);
                    var report = WorldRun.Play(world, Catalogue.ScriptOf(world, seed));
                    lock (gate)
                    {
                        stop |= !done(report);
                    }
                }
                catch (Exception exception)
                {
                    lock (gate)
                    {
                        failed ??= new InvalidOperationException($"Seed {seed} broke off.", exception);
                        stop = true;
                    }
                }
            }
        }

        int? Next()
        {
            lock (gate)
            {
                return !stop && remaining.MoveNext() ? remaining.Current : null;
            }
        }
    }
}
