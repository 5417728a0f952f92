using WebsiteBuilder.Data.Simulation.Shrinking;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Tests;

public sealed class ShrinkerTests
{
    [Fact]
    public void Only_what_is_needed_is_left()
    {
        var script = Catalogue.ScriptOf(new Lagging(), 1);
        var fault = script.Faults[^1];
        int[] needed = [3, 77, 1_500];

        var least = new Shrinker(
            smaller => smaller.Faults.Contains(fault) && needed.All(number => smaller.Steps.Any(step => step.Number == number)), 10_000).Shrink(script);

        Assert.Equal([fault], least.Faults);
        Assert.Equal(needed, least.Steps.Select(static step => step.Number));
    }

    [Fact]
    public void What_never_was_wrong_stays_whole()
    {
        var script = Catalogue.ScriptOf(new Lagging(), 1);

        Assert.Equal(script.Steps.Count, new Shrinker(static _ => false, 50).Shrink(script).Steps.Count);
    }
}
