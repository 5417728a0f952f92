using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Micro;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Benchmarks.Scale;

/// <summary>What the client's own structures cost: topologies and keys are made up, nobody is asked.</summary>
internal static class InMemory
{
    private const string Ground = "in memory";
    private const int TokenShards = 16;
    private const int NodesOfShard = 10;

    public static IEnumerable<Curve> Measure() =>
    [
        Curve.Of("plan-candidates", "plan of a session read", "candidates of one shard", "ns", Ground, 1.1, [1, 3, 9, 30, 60, 128], Plan),
        Curve.Of("plan-nodes", "plan of a session read, shards of 10 nodes", "nodes in all", "ns", Ground, 0.25, [10, 60, 600, 6_000], PlanAmong),
        Curve.Of("pick-shards", "shard of a key", "shards", "ns", Ground, 0.25, [16, 64, 256, 1_024], Pick),
        Curve.Of("pick-keys", "shard and hash of a key, 64 shards", "projects", "ns", Ground, 0.05, [1_000, 100_000, 10_000_000, 100_000_000], PickAmong),
        Curve.Of("publish-shards", "one node's health changes", "shards of 10 nodes", "ns", Ground, 0.25, [16, 64, 256, 1_024], Publish),
        Curve.Of("parse-sessions", "parse a token of 16 shards, all sessions kept", "sessions", "ns", Ground, 0.15, [1, 1_000, 100_000, 1_000_000], Parse),
    ];

    /// <summary>Bytes that a token and a session keep, for one shard and for 16.</summary>
    public static IEnumerable<(string Name, string Meaning, double Bytes)> Memory()
    {
        const int Count = 20_000;
        foreach (var shards in (int[])[1, TokenShards])
        {
            var text = Tokens.Over(shards, seed: 1).ToString();
            yield return ($"memory-token-{shards}", $"a parsed token of {shards} shard{(shards == 1 ? "" : "s")}", Timed.BytesKept(Count, () => Enumerable.Range(0, Count).Select(_ => SessionToken.Parse(text)).ToArray()));
            yield return ($"memory-session-{shards}", $"a session that resumed it", Timed.BytesKept(Count, () => Enumerable.Range(0, Count).Select(_ => new SessionState(SessionToken.Parse(text))).ToArray()));
        }
    }

    private static double Plan(int candidates)
    {
        var planning = new Planning(candidates);
        return Timed.Nanoseconds(times => Sum(times, _ => planning.Plan().Count));
    }

    private static double PlanAmong(int nodes)
    {
        var shards = Enumerable.Range(0, nodes / NodesOfShard).Select(static _ => new Planning(NodesOfShard)).ToArray();
        var random = new Random(Seeds.Of(0));
        return Timed.Nanoseconds(times => Sum(times, _ => shards[random.Next(shards.Length)].Plan().Count));
    }

    private static double Pick(int shards)
    {
        var picking = new Picking(shards);
        return Timed.Nanoseconds(times => Sum(times, _ => picking.Pick()));
    }

    /// <summary>Keys are drawn, not kept: nothing in a client knows how many there are.</summary>
    private static double PickAmong(int projects)
    {
        var directory = new ShardDirectory([.. Enumerable.Range(0, TheTier.Shards).Select(Synthetic.Shard)]);
        var territories = Enumerable.Range(0, TheTier.Shards).Select(static i => Territory.Parse($"territory-{i}")).ToArray();
        var random = new Random(Seeds.Of(0));
        return Timed.Nanoseconds(times => Sum(times, _ =>
        {
            var project = random.Next(projects);
            var key = new UserKey(territories[project % territories.Length], new Guid(project, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
            return directory.ShardOf(UserMap.Map, key) + (int)(KeyEncoding.Hash(UserMap.Map, key) & 1);
        }));
    }

    private static double Publish(int shards)
    {
        var board = new TopologyBoard(new EngineRuntime(TimeProvider.System, new Random(Seeds.Of(0))), [.. Enumerable.Range(0, shards).Select(Synthetic.Shard)]);
        var next = 0;
        return Timed.Nanoseconds(times => Sum(times, _ =>
        {
            var health = (next & 1) == 0 ? EndpointHealth.Healthy : EndpointHealth.Unhealthy;
            return board.Change(next++ / 2 % shards, known => known.WithHealth(0, health)).After.Health.Length;
        }));
    }

    /// <summary>Each of so many sessions once, all different and all kept: what a process does whose callers come back.</summary>
    private static double Parse(int sessions)
    {
        var random = new Random(Seeds.Of(0));
        var texts = Enumerable.Range(0, Math.Min(sessions, 4_096)).Select(i => Tokens.Over(TokenShards, seed: i).ToString()).ToArray();
        var kept = new SessionToken[sessions];
        return Timed.Nanoseconds(times => Sum(times, _ =>
        {
            var which = random.Next(sessions);
            kept[which] = SessionToken.Parse(texts[which % texts.Length]);
            return kept[which].IsEmpty ? 0 : 1;
        }));
    }

    private static long Sum(int times, Func<int, int> step)
    {
        var sum = 0L;
        for (var i = 0; i < times; i++)
        {
            sum += step(i);
        }

        return sum;
    }
}
