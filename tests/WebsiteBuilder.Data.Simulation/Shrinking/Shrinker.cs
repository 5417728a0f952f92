using WebsiteBuilder.Data.Simulation.Running;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Shrinking;

/// <summary>
/// Leaves out faults and steps while what is wrong stays wrong (delta debugging: Zeller and Hildebrandt 2002). What is left is one that no
/// single piece can be taken from, or the best that was found in the given number of runs.
/// </summary>
internal sealed class Shrinker(Func<Script, bool> isStillWrong, int mostRuns)
{
    private int _runs;

    /// <summary>Shrinks a run in which a judge objected, for the sake of its first objection.</summary>
    public static WorldReport Shrink(World world, WorldReport report, int mostRuns = 400)
    {
        var least = report;
        new Shrinker(
            script =>
            {
                var smaller = WorldRun.Play(world, script);
                var isWrong = smaller.Findings.Any(finding => finding.Judge == report.Findings[0].Judge);
                least = isWrong ? smaller : least;
                return isWrong;
            },
            mostRuns).Shrink(report.Script);
        return least;
    }

    public Script Shrink(Script script)
    {
        int before;
        do
        {
            before = SizeOf(script);
            script = Reduce(script, static script => script.Faults, static (script, faults) => script with { Faults = faults });
            script = Reduce(script, static script => script.Steps, static (script, steps) => script with { Steps = steps });
        }
        while (SizeOf(script) < before && _runs < mostRuns);

        return script;
    }

    private static int SizeOf(Script script) => script.Faults.Count + script.Steps.Count;

    /// <summary>Tries to do without half of the parts, without a quarter, and so on down to single ones.</summary>
    private Script Reduce<T>(Script script, Func<Script, IReadOnlyList<T>> parts, Func<Script, IReadOnlyList<T>, Script> with)
    {
        for (var size = (parts(script).Count + 1) / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2)
        {
            for (var start = 0; start < parts(script).Count && _runs < mostRuns;)
            {
                var all = parts(script);
                var smaller = with(script, [.. all.Take(start), .. all.Skip(start + size)]);
                _runs++;
                if (isStillWrong(smaller))
                {
                    script = smaller;
                }
                else
                {
                    start += size;
                }
            }
        }

        return script;
    }
}
