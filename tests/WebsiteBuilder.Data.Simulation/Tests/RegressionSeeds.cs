using WebsiteBuilder.Data.Simulation.Running;
using WebsiteBuilder.Data.Simulation.Worlds;

namespace WebsiteBuilder.Data.Simulation.Tests;

/// <summary>Seeds that found something in the engine, named by what it was. Each has a test of its own kind beside the code, too.</summary>
public sealed class RegressionSeeds
{
    [Theory]
    [InlineData("of twins, the one that yielded was noticed only by its next regular probe", nameof(TwoPrimaries), 262)]
    [InlineData("a session on a newer history than the process knew was told of a loss", nameof(Quiet), 657)]
    [InlineData("the same, where the process took both for twins", nameof(Quiet), 635)]
    [InlineData("barriers in a log whose primary changes", nameof(Quorum), 4)]
    [InlineData("who had promoted one that went out of sight attached the others to the old primary again", nameof(Coordinated), 24)]
    public void Stay_quiet(string found, string world, int seed)
    {
        var report = WorldRun.Play(Catalogue.Named(world), Catalogue.ScriptOf(Catalogue.Named(world), seed));

        Assert.True(report.Findings.Count == 0, $"{found}: {string.Join("; ", report.Findings.Select(static finding => finding.Explanation))}");
    }
}
