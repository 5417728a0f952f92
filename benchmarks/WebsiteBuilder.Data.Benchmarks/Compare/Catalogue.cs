using WebsiteBuilder.Data.Benchmarks.Contenders;
using WebsiteBuilder.Data.Benchmarks.Failover;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Micro;
using WebsiteBuilder.Data.Benchmarks.Resilience;
using WebsiteBuilder.Data.Benchmarks.Startup;

namespace WebsiteBuilder.Data.Benchmarks.Compare;

/// <summary>All comparisons, with the targets that the product set itself.</summary>
internal static class Catalogue
{
    private const int ManyWorkers = 64;
    private const int SomeWorkers = 32;

    private static readonly int[] Pools = [1, 8, 64];

    public static IReadOnlyList<Comparison> All { get; } =
    [
        new Loop("route-plan", "plan a session read over 9 candidates", Target.AtMost(100, "ns", maxBytes: 0), static () =>
        {
            var planning = new Planning(9);
            return times =>
            {
                var sum = 0L;
                for (var i = 0; i < times; i++)
                {
                    sum += planning.Plan().Count;
                }

                return sum;
            };
        }),
        new Loop("shard-pick", "find the shard of a key among 16", Target.AtMost(30, "ns", maxBytes: 0), static () =>
        {
            var picking = new Picking();
            return times =>
            {
                var sum = 0L;
                for (var i = 0; i < times; i++)
                {
                    sum += picking.Pick();
                }

                return sum;
            };
        }),
        new Loop("token-parse-16", "parse a token of 16 shards", Target.AtMost(500, "ns"), static () =>
        {
            var text = Tokens.Over(16, seed: 1).ToString();
            return times =>
            {
                var sum = 0L;
                for (var i = 0; i < times; i++)
                {
                    sum += SessionToken.Parse(text).IsEmpty ? 0 : 1;
                }

                return sum;
            };
        }),
        new Loop("token-merge-16", "merge two tokens of 16 shards", Target.AtMost(200, "ns"), static () =>
        {
            var (one, other) = (Tokens.Over(16, seed: 1), Tokens.Over(16, seed: 2));
            return times =>
            {
                var sum = 0L;
                for (var i = 0; i < times; i++)
                {
                    sum += one.Merge(other).IsEmpty ? 0 : 1;
                }

                return sum;
            };
        }),
        new Duel(
            "routed-read", "eventual read at one replica, 1 worker", Target.AtMost(1.05), Measure.Time,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Eventual, 1, token),
            static (tier, token) => [RawNpgsql.Find("tuned", RawNpgsql.Tuned(tier.Replica, 1), 1, token)]),
        new Duel(
            "routed-read-default", "the same against the driver as it comes", Target.AtMost(0.75), Measure.Time,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Eventual, 1, token),
            static (tier, token) => [RawNpgsql.Find("default", RawNpgsql.Default(tier.Replica), 1, token)]),
        new Duel(
            "verified-read", "session read that proves its position, 1 worker", Target.AtMost(1.15), Measure.Time,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Session, 1, token),
            static (tier, token) => [RawNpgsql.Find("tuned", RawNpgsql.Tuned(tier.Replica, 1), 1, token)]),
        new Duel(
            "coalesced-read-1", "session reads, 1 worker", Target.AtLeast(0.98), Measure.Reads,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Session, 1, token),
            static (tier, token) => Pools.Select(pool => RawNpgsql.Find($"tuned, pool {pool}", RawNpgsql.Tuned(tier.Replica, pool), 1, token))),
        new Duel(
            "coalesced-read-64", "session reads, 64 workers", Target.AtLeast(5), Measure.Reads,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Session, ManyWorkers, token),
            static (tier, token) => Pools.Select(pool => RawNpgsql.Find($"tuned, pool {pool}", RawNpgsql.Tuned(tier.Replica, pool), ManyWorkers, token))),
        new Duel(
            "find-many-64", "64 keys in one call, 1 worker", Target.AtLeast(10), Measure.Rows,
            static (tier, token) => Library.FindManyAsync(tier, token),
            static (tier, token) => [RawNpgsql.Find("tuned, one by one", RawNpgsql.Tuned(tier.Replica, 1), 1, token)]),
        new Duel(
            "write-commit-position", "durable update that returns its position", Target.AtMost(1.05), Measure.Time,
            static (tier, token) => Library.UpdateAsync(tier, resolvable: false, token),
            static (tier, token) => [RawNpgsql.Update(RawNpgsql.Tuned(tier.Primary, 1), token)]),
        new Duel(
            "write-resolvable", "the same with its operation row", Target.AtMost(1.30), Measure.Time,
            static (tier, token) => Library.UpdateAsync(tier, resolvable: true, token),
            static (tier, token) => [RawNpgsql.Update(RawNpgsql.Tuned(tier.Primary, 1), token)]),
        new Duel(
            "vs-multihost", "eventual reads, 32 workers", Target.AtLeast(3), Measure.Reads,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Eventual, SomeWorkers, token),
            static (tier, token) => [RawNpgsql.MultiHost(tier, SomeWorkers, token)]),
        new Duel(
            "vs-dapper", "eventual reads, 32 workers", Target.AtLeast(3), Measure.Reads,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Eventual, SomeWorkers, token),
            static (tier, token) => [DapperReads.Find(RawNpgsql.Default(tier.Replica), SomeWorkers, token)]),
        new Duel(
            "vs-efcore", "eventual reads, 32 workers", Target.AtLeast(3), Measure.Reads,
            static (tier, token) => Library.FindAsync(tier, ConsistencyLevel.Eventual, SomeWorkers, token),
            static (tier, token) => [EfCoreReads.Reads(RawNpgsql.Default(tier.Replica), SomeWorkers, token)]),
        new StartupDuel("startup-30", "first read of a process with 30 nodes, beyond the driver's own first read", Target.AtMost(50, "ms"), DarkOnes: 0),
        new StartupDuel("startup-30-dark", "the same while ten of them can't be reached", Target.AtMost(50, "ms"), DarkOnes: 10),
        new LoopDuel(
            "hedge-vs-polly", "what a read pays for being able to ask a second node", Target.AtMost(0.5), "Polly.Core, hedging",
            static () => new HappyPath().Hedging, HappyPath.PollyHedging),
        new LoopDuel(
            "breaker-vs-polly", "what a read asks and tells of a node's health", Target.AtMost(0.5), "Polly.Core, circuit breaker",
            static () => new HappyPath().Breaker, HappyPath.PollyBreaker),
        new RetryRun("retry-extra-load", "asked in addition while one of three replicas fails half of what it is asked", Target.AtMost(10, "%")),
        new DetectionRun(
            "failover-detect", "kill -9 of a replica until it is out of rotation, 16 workers", Target.AtMost(300, "ms"),
            static node => node.KillAsync(), static node => node.StartAsync()),
        new DetectionRun(
            "failover-detect-hung", "the same of a replica that is frozen", Target.AtMost(300, "ms"),
            static node => node.FreezeAsync(), static node => node.ThawAsync()),
        new StallDuel("hedge-p999", "99.9th percentile of reads while one of two replicas stalls, 32 workers", Target.AtLeast(10), StallDuel.P999),
        new StallDuel("hedge-extra-load", "what is asked in addition meanwhile", Target.AtMost(5, "%"), StallDuel.ExtraLoad),
        new FailoverDuel("failover-first-write", "kill -9 of the primary: from the promotion until a write is confirmed", Target.AtMost(1_000, "ms")),
        new Duel(
            "redis-get-1", "GET at Redis, 1 worker", Target.AtLeast(1.2), Measure.Reads,
            static (tier, token) => RedisReads.OursAsync(tier, 1, token),
            static (tier, _) => [RedisReads.StackExchange(tier, 1)]),
        new Duel(
            "redis-get-64", "GET at Redis, 64 workers on one connection", Target.AtLeast(1.2), Measure.Reads,
            static (tier, token) => RedisReads.OursAsync(tier, ManyWorkers, token),
            static (tier, _) => [RedisReads.StackExchange(tier, ManyWorkers)]),
    ];
}
