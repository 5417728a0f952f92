using WebsiteBuilder.Data.Benchmarks.Compare;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Startup;

/// <summary>
/// The first read of a fresh process with 30 nodes configured, against the driver's own first read at one of them; each in a process of its own, in turns. Two servers
/// stand for the thirty: the primary once, the replica under 29 names.
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Meaning">What is measured, for the reader of the table.</param>
/// <param name="Target">What is wanted of the difference.</param>
/// <param name="DarkOnes">How many of them can't be reached.</param>
internal sealed record StartupDuel(string Name, string Meaning, Target Target, int DarkOnes) : Compare.Comparison(Name, Meaning, Target)
{
    private const int Nodes = 30;
    private const int Pairs = 21;
    private static readonly string[] Regions = ["us-east-1", "eu-west-1", "ap-southeast-1"];

    public override async Task<Row> RunAsync(Func<Task<BenchTier>> tier, CancellationToken cancellationToken)
    {
        var servers = await tier();
        using var darkness = new Darkness();
        var ours = new ColdStart(IsOurs: true, Endpoints(servers, darkness));
        var peer = new ColdStart(IsOurs: false, [new ColdEndpoint("alone", Regions[0], servers.Replica)]);

        // The program's files come from the disk once.
        await ColdProcess.RunAsync(peer, cancellationToken);
        await ColdProcess.RunAsync(ours, cancellationToken);
        var beyond = new double[Pairs];
        var theirs = new double[Pairs];
        for (var pair = 0; pair < Pairs; pair++)
        {
            var oursFirst = pair % 2 == 0;
            var first = await ColdProcess.RunAsync(oursFirst ? ours : peer, cancellationToken);
            var second = await ColdProcess.RunAsync(oursFirst ? peer : ours, cancellationToken);
            theirs[pair] = (oursFirst ? second : first).Read;
            beyond[pair] = (oursFirst ? first : second).Read - theirs[pair];
        }

        var interval = Interval.Of(beyond);
        return new Row(
            Name, interval.Median, "ms", Interval.Of(theirs).Median, null, Target.ToString(), Target.IsKept(interval), interval.Low, interval.High, "clock")
        {
            Against = "first read, in all",
        };
    }

    /// <summary>Those that can't be reached are spread over all regions, and the first one is none of them.</summary>
    private ColdEndpoint[] Endpoints(BenchTier tier, Darkness darkness)
    {
        var dark = 0;
        return [.. Enumerable.Range(0, Nodes).Select(i =>
        {
            var region = Regions[i / (Nodes / Regions.Length)];
            var address = i == Nodes - 1 ? tier.Primary : tier.Replica;
            var isDark = i % 3 == 1 && dark < DarkOnes;
            return new ColdEndpoint($"node-{i}", region, isDark ? darkness.Instead(address, dark++) : address);
        })];
    }
}
