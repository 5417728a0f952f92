using WebsiteBuilder.Data.Simulation.Running;
using WebsiteBuilder.Data.Simulation.Worlds;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Simulation.Tests;

/// <summary>Coordinators have work to do in their world, and do it well.</summary>
public sealed class CoordinatedTests(ITestOutputHelper output)
{
    private const int Seeds = 12;

    [Fact]
    public void Coordinators_that_stand_still_and_are_cut_off_lose_nothing_that_a_quorum_has()
    {
        var (world, totals, text) = (new Coordinated(), new Totals(), new StringWriter());

        var took = Series.Play(Enumerable.Range(1, Seeds), _ => world, report =>
        {
            totals.Add(report);
            if (report.Findings.Count > 0)
            {
                Printout.Findings(text, report);
            }

            return true;
        });

        totals.Print(text, took);
        output.WriteLine(text.ToString());
        Assert.Equal(0, totals.Violated);

        // About as many as worlds, so that what is judged has happened.
        Assert.True(totals.Promotions >= Seeds / 2, $"{totals.Promotions} promotions");
    }
}
