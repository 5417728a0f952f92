using System.Globalization;
using WebsiteBuilder.Data.Benchmarks.Micro;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>
/// The tier that the product is made for: ten million users, a hundred million projects, three regions with twenty replicas each for every shard. One client's share of it, computed
/// from what one node was measured to cost.
/// </summary>
internal static class TheTier
{
    public const int Shards = 64;
    private const int Users = 10_000_000;
    private const int Projects = 100_000_000;
    private const int NodesOfShard = 61;
    private const int Processes = 1_000;
    private const string Measured = "in memory";
    private const string Computed = "computed";

    /// <param name="bytesOfNode">What a watched node keeps of a client's memory, its connection included.</param>
    /// <param name="perReplica">Round trips a second to a replica, of one client that watches.</param>
    /// <param name="perPrimary">The same to a primary.</param>
    public static IReadOnlyList<Figure> Figures(double bytesOfNode, double perReplica, double perPrimary)
    {
        var plannings = Enumerable.Range(0, Shards).Select(static _ => new Planning(NodesOfShard)).ToArray();
        var next = 0;
        var plan = Timed.Nanoseconds(times =>
        {
            var sum = 0L;
            for (var i = 0; i < times; i++)
            {
                sum += plannings[next++ % plannings.Length].Plan().Count;
            }

            return sum;
        });
        var nodes = Shards * NodesOfShard;
        return
        [
            new Figure("tier-plan", Text($"plan of a read among {NodesOfShard} candidates, {Shards} shards in turn"), plan, "ns", Measured),
            new Figure("tier-nodes", Text($"nodes of {Shards} shards, a primary and 3 x 20 replicas each"), nodes, "nodes", Computed),
            new Figure("tier-users-shard", Text($"of {Users:#,0} users, on each shard"), Users / (double)Shards, "users", Computed),
            new Figure("tier-projects-shard", Text($"of {Projects:#,0} projects, on each shard"), Projects / (double)Shards, "projects", Computed),
            new Figure("tier-memory", "a client's memory for all nodes", nodes * bytesOfNode / (1 << 20), "MB", Computed),
            new Figure("tier-queries-client", "round trips of one client that watches all of them", (Shards * perPrimary) + ((nodes - Shards) * perReplica), "1/s", Computed),
            new Figure("tier-queries-replica", Text($"at one replica, from {Processes:#,0} clients"), Processes * perReplica, "1/s", Computed),
            new Figure("tier-queries-primary", Text($"at one primary, from {Processes:#,0} clients"), Processes * perPrimary, "1/s", Computed),
        ];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
