using System.Diagnostics;
using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Plays a script once, from the first probe to the last timer, and lets the judges look at it.</summary>
internal static class WorldRun
{
    /// <summary>Beyond the last step: the longest calls, and then some.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public static WorldReport Play(World world, Script script)
    {
        var watch = Stopwatch.GetTimestamp();
        var stage = Stage.Raise(world, script.Seed);
        var begun = stage.Now;
        var breakage = new Breakage(stage);
        var crew = new Crew(stage, world.Workload.Workers, world.Workload.SharedPairs);
        var shifted = script with { HealedAt = script.HealedAt + begun, Faults = [.. script.Faults.Select(fault => fault with { At = fault.At + begun })] };
        breakage.Plan(shifted);
        var workers = new List<Task>();
        stage.At(begun, () =>
        {
            foreach (var steps in script.Steps.GroupBy(static step => step.Worker).OrderBy(static group => group.Key))
            {
                workers.Add(new Worker(stage, crew, steps.Key, [.. steps], shifted.HealedAt).RunAsync());
            }
        });
        stage.Time.Advance(TimeSpan.Zero);
        string? stuck = null;
        try
        {
            stage.Time.Run(Task.WhenAll(workers), Longest);
        }
        catch (TimeoutException)
        {
            stuck = "Some calls never ended.";
        }

        // Also where there were no healed steps: what follows looks at the world at peace.
        if (stage.Now < shifted.HealedAt + Script.RecoversWithin)
        {
            stage.Time.Advance(shifted.HealedAt + Script.RecoversWithin - stage.Now);
        }

        var lasted = stage.Now;
        var left = stuck is null ? stage.Strike() : 0;
        var history = Transcript.Of(stage, crew.Calls);
        var findings = Verdict.Of(stage, history, shifted.HealedAt, breakage.Twins, breakage.Ailments, stuck, left);
        return new WorldReport(script, history, findings, breakage.Happened, PointReads.Of(stage), stage.Cluster.Shards.Sum(static shard => shard.Branches.Count - 1), lasted, Stopwatch.GetElapsedTime(watch));
    }
}
