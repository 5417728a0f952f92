using System.Security.Cryptography;
using WebsiteBuilder.Data.Simulation.Running;
using WebsiteBuilder.Data.Simulation.Worlds;
using Xunit.Abstractions;

namespace WebsiteBuilder.Data.Simulation.Tests;

/// <summary>No judge objects, to the same seeds every time and to a few new ones.</summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    /// <summary>How many seeds are played every time, from 1 on.</summary>
    public const int Fixed = 300;

    [Fact]
    public void The_fixed_seeds_keep_every_promise_and_are_no_empty_worlds()
    {
        var totals = Play(Enumerable.Range(1, Fixed));

        Assert.Equal(0, totals.Violated);
        Assert.True(totals.Operations >= 2_000L * Fixed, $"{totals.Operations} operations");
        Assert.True(totals.Succeeded >= 0.9, $"{totals.Succeeded:P1} succeeded");
        Assert.True(totals.FromReplicas >= 0.3, $"{totals.FromReplicas:P1} of session reads came from replicas");
        Assert.True(totals.HedgedIn(nameof(Stalls)) >= 0.005, $"{totals.HedgedIn(nameof(Stalls)):P1} of the operations of stalls were answered by a second node");
        Assert.True(totals.CoalescedIn(nameof(Crowds)) >= 0.3, $"{totals.CoalescedIn(nameof(Crowds)):P1} of the point reads of crowds shared round trips");
    }

    [Fact]
    public void Seeds_that_nobody_has_seen_keep_every_promise()
    {
        var first = RandomNumberGenerator.GetInt32(1_000, 1_000_000_000);
        output.WriteLine($"seeds {first} to {first + 39}");

        Assert.Equal(0, Play(Enumerable.Range(first, 40)).Violated);
    }

    [Fact]
    public void Each_kind_of_fault_happens_and_each_world_is_played()
    {
        var totals = Play(Enumerable.Range(1, 120));

        Assert.Equal(Catalogue.All.Select(static world => world.Name).Order(StringComparer.Ordinal), totals.PlayedWorlds);
        Assert.Equal(Enum.GetValues<Scripts.FaultKind>(), totals.FaultKinds);
    }

    private Totals Play(IEnumerable<int> seeds)
    {
        var totals = new Totals();
        var text = new StringWriter();
        var took = Series.Play(seeds, Catalogue.Of, report =>
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
        return totals;
    }
}
