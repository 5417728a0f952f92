using WebsiteBuilder.Data.Simulation.Running;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Shrinking;

/// <summary>
/// Leaves out faults and steps while the same judge still objects (delta debugging: Zeller and Hildebrandt 2002). What is left is one that no
/// single piece can be taken from, or the best that was found in the given number of runs.
/// </summary>
internal sealed class Shrinker(World world, string judge, int mostRuns)
{
    private int _runs;

    /// <summary>Shrinks a run in which a judge objected, for the sake of its first objection.</summary>
    public static WorldReport Shrink(World world, WorldReport report, int mostRuns = 400) =>
        new Shrinker(world, report.Findings[0].Judge, mostRuns).Shrink(report);

    private WorldReport Shrink(WorldReport report)
    {
        int before;
        do
        {
            before = SizeOf(report.Script);
            report = Reduce(report, static script => script.Faults, static (script, faults) => script with { Faults = faults });
            report = Reduce(report, static script => script.Steps, static (script, steps) => script with { Steps = steps });
        }
        while (SizeOf(report.Script) < before && _runs < mostRuns);

        return report;
    }

    private static int SizeOf(Script script) => script.Faults.Count + script.Steps.Count;

    /// <summary>Tries to do without half of the parts, without a quarter, and so on down to single ones.</summary>
    private WorldReport Reduce<T>(WorldReport report, Func<Script, IReadOnlyList<T>> parts, Func<Script, IReadOnlyList<T>, Script> with)
    {
        for (var size = (parts(report.Script).Count + 1) / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2)
        {
            for (var start = 0; start < parts(report.Script).Count && _runs < mostRuns;)
            {
                var all = parts(report.Script);
                var smaller = WorldRun.Play(world, with(report.Script, [.. all.Take(start), .. all.Skip(start + size)]));
                _runs++;
                if (smaller.Findings.Any(finding => finding.Judge == judge))
                {
                    report = smaller;
                }
                else
                {
                    start += size;
                }
            }
        }

        return report;
    }
}
