using WebsiteBuilder.Data.Simulation.Running;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Tests;

/// <summary>One seed is one history, byte for byte.</summary>
public sealed class DeterminismTests
{
    [Fact]
    public void Each_seed_gives_the_same_history_twice()
    {
        var differing = new List<int>();
        Series.Play(Enumerable.Range(1, SeedTests.Fixed), Catalogue.Of, report =>
        {
            var again = WorldRun.Play(Catalogue.Of(report.Script.Seed), Catalogue.ScriptOf(report.Script.Seed));
            if (Printout.History(report) != Printout.History(again))
            {
                differing.Add(report.Script.Seed);
            }

            return true;
        });

        Assert.Empty(differing);
    }

    [Fact]
    public void Different_seeds_give_different_histories()
    {
        var world = new Lagging();
        var histories = Enumerable.Range(1, 5).Select(seed => Printout.History(WorldRun.Play(world, Catalogue.ScriptOf(world, seed))));

        Assert.Equal(5, histories.Distinct(StringComparer.Ordinal).Count());
    }
}
