using System.Globalization;
using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Tests;

/// <summary>
/// Ratios of pairs move with the machine's load, so only what falls below a share of what is wanted fails, and only if the whole interval does; where other work leaves the servers too
/// little of the machine for the clock to tell, processor time of this process may. Whether the target itself is kept, a run of <c>compare</c> on a quiet machine tells.
/// </summary>
public sealed class RatioTests(Xunit.Abstractions.ITestOutputHelper output) : IAsyncLifetime
{
    private const int Pairs = 15;
    private const double Share = 0.5;
    private BenchTier _tier = null!;

    [Fact]
    public async Task Many_reads_at_once_stay_above_a_share_of_what_is_wanted()
    {
        foreach (var name in (string[])["coalesced-read-64", "vs-dapper"])
        {
            var wanted = Catalogue.All.OfType<Duel>().Single(duel => duel.Name == name);
            var least = wanted with { Pairs = Pairs, Target = Target.AtLeast(wanted.Target.Bound * Share) };
            var row = await least.RunAsync(() => Task.FromResult(_tier), CancellationToken.None);

            var cpu = row.PeerCpuMicroseconds / row.CpuMicroseconds;
            var found = string.Create(CultureInfo.InvariantCulture, $"{name}: {row.Ratio:0.00} ({row.Low:0.00} .. {row.High:0.00}) by the clock, {cpu:0.00} by processor time, against {row.Against}");
            output.WriteLine(found);
            Assert.True(row.Pass || cpu >= least.Target.Bound, $"{found}; what must hold is {least.Target}.");
        }
    }

    public async Task InitializeAsync() => _tier = await BenchTier.StartAsync(progress: null, CancellationToken.None);

    public Task DisposeAsync() => _tier.DisposeAsync().AsTask();
}
