using Polly;
using Polly.CircuitBreaker;
using Polly.Hedging;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>What health and hedging cost a read at a node that is well, and what pipelines of Polly cost a call that returns at once.</summary>
internal sealed class HappyPath
{
    private static readonly TimeSpan Took = TimeSpan.FromMilliseconds(1);
    private static readonly HealthPolicy Health = new(
        TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), FailuresToLeave: 3, SuccessesToReturn: 2, TimeSpan.FromMilliseconds(250));

    private readonly ShardEngine _engine;
    private readonly RoutePlan _plan = new([0, 1], TimeSpan.Zero, RouteReason.Nearest);
    private int _isSettled;

    public HappyPath()
    {
        var home = RegionId.Parse("us-east-1");
        var endpoints = Enumerable.Range(0, 2).Select(i => new EndpointDefinition(i, $"node-{i}", home)).ToArray();
        var definition = new ShardDefinition(new ShardId(StoreKind.PostgreSql, 1), "one", [], endpoints);
        var shard = new LiveShard(0, definition, [.. endpoints.Select(static endpoint => new ShardNode(endpoint, null!, Vitals()))]);
        _engine = new ShardEngine(shard, null!, null!, null!, new RoutePolicy(home, TimeSpan.FromMilliseconds(15)), new AttemptPolicy(TimeSpan.FromSeconds(3)))
        {
            Hedging = new Hedging(new HedgePolicy(TimeSpan.FromMilliseconds(5), isOn: true), new ExtraLoad(0.05, 1)),
        };
    }

    /// <summary>Polly's breaker, as its documentation sets it up.</summary>
    public static Func<int, long> PollyBreaker()
    {
        var pipeline = new ResiliencePipelineBuilder().AddCircuitBreaker(new CircuitBreakerStrategyOptions()).Build();
        return times =>
        {
            var sum = 0L;
            for (var i = 0; i < times; i++)
            {
                sum += pipeline.Execute(static () => 1);
            }

            return sum;
        };
    }

    /// <summary>Polly's hedging, as its documentation sets it up.</summary>
    public static Func<int, long> PollyHedging()
    {
        var pipeline = new ResiliencePipelineBuilder<int>().AddHedging(new HedgingStrategyOptions<int>()).Build();
        return times =>
        {
            var sum = 0L;
            for (var i = 0; i < times; i++)
            {
                sum += pipeline.Execute(static () => 1);
            }

            return sum;
        };
    }

    /// <summary>What a read asks and tells of a node's health.</summary>
    public long Breaker(int times)
    {
        var vitals = _engine.Shard.Nodes[0].Vitals;
        var sum = 0L;
        for (var i = 0; i < times; i++)
        {
            sum += vitals.Health == EndpointHealth.Healthy ? 1 : 0;
            vitals.Began();
            vitals.Ended();
            vitals.Spoke();
            sum += vitals.NeedsEvidence ? 1 : 0;
        }

        return sum;
    }

    /// <summary>What a read does in order to be able to ask a second node: when that would be, how long it took, and that it is settled.</summary>
    public long Hedging(int times)
    {
        var vitals = _engine.Shard.Nodes[0].Vitals;
        var sum = 0L;
        for (var i = 0; i < times; i++)
        {
            sum += _engine.Hedging!.After(_engine, _plan)?.Ticks ?? 0;
            vitals.AnsweredWithin(Took);
            sum += Interlocked.Exchange(ref _isSettled, 1);
        }

        return sum;
    }

    private static EndpointVitals Vitals()
    {
        var vitals = new EndpointVitals(Health);
        vitals.Succeeded(TimeSpan.Zero);
        vitals.Measured(Took);
        vitals.AnsweredWithin(Took);
        return vitals;
    }
}
