using System.Runtime.CompilerServices;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Routing;

/// <summary>
/// Chooses whom to ask. Pure: the time and a random number are arguments. The choice only decides speed; whether an answer is right is
/// judged when it is there.
/// </summary>
/// <remarks>
/// Each endpoint that may answer gets a cost: its round trip, plus the time until it is expected to have the required position, behind its
/// <see cref="RouteRank"/>. The cheapest and those within the latency window of it share the load by <see cref="WeightedDraw"/>, those of the local region
/// first if there are any, and the primary last. The others follow by cost.
/// </remarks>
internal static class RoutePlanner
{
    /// <summary>Up to so many candidates the room for their costs is a part of the frame, which costs less than room of the right size.</summary>
    private const int Few = 16;

    private static readonly TimeSpan UnmeasuredLocal = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan UnmeasuredRemote = TimeSpan.FromMilliseconds(100);

    public static RoutePlan Plan(
        RoutePolicy policy, LiveShard shard, ShardTopology topology, in RouteRequest request, in Requirement requirement, TimeSpan now, uint random)
    {
        var roles = topology.Roles;
        Span<long> costs = roles.Length <= Few ? stackalloc long[Few] : stackalloc long[roles.Length];
        costs = costs[..roles.Length];
        var (endpoints, isPlain) = (topology.Definition.Endpoints, request.IsPlain);
        var cheapest = long.MaxValue;
        var healthyOnly = true;
        for (var pass = 0; pass < 2 && cheapest == long.MaxValue; pass++)
        {
            // When nothing healthy is left, whatever is there is worth a try.
            healthyOnly = pass == 0;
            var asked = (request.Level == ConsistencyLevel.Strong, healthyOnly) switch
            {
                (true, true) => ReadableAs.HealthyPrimary,
                (true, false) => ReadableAs.Primary,
                (false, true) => ReadableAs.HealthyAny,
                _ => ReadableAs.Any,
            };
            var (mayRead, setAside) = (topology.MayRead, topology.SetAside);
            for (var i = 0; i < costs.Length; i++)
            {
                var cost = (mayRead[i] & asked) == ReadableAs.Nothing ? long.MaxValue
                    : isPlain ? RouteRank.Cost(RouteRank.Usual(endpoints[i], setAside[i]), ExpectedAfter(policy, shard, topology, i, request, requirement, now))
                    : IsWanted(topology, i, request) ? Cost(policy, shard, topology, i, request, requirement, now, setAside[i])
                    : long.MaxValue;
                costs[i] = cost;
                cheapest = cost < cheapest ? cost : cheapest;
            }
        }

        if (cheapest == long.MaxValue)
        {
            return default;
        }

        Span<byte> steps = stackalloc byte[RoutePlan.MaxSteps];
        steps[0] = (byte)PickFirst(policy, shard, topology, request.Nodes, costs, cheapest + policy.LatencyWindow.Ticks, random);
        var wait = ExpectedWait(shard, topology, steps[0], request, requirement, now);
        var reason = Reason(policy, shard, steps[0], request, healthyOnly)
            | (topology.AreAllInRotation || !healthyOnly ? RouteReason.None : PassedOver(policy, shard, topology, steps[0], costs[steps[0]], request, requirement, now));
        costs[steps[0]] = long.MaxValue;
        return new RoutePlan(steps[..AddCheapest(costs, steps)], wait, reason);
    }

    /// <summary>What is left of a plan without its first step, with another one first.</summary>
    public static RoutePlan PlanWithout(RoutePolicy policy, LiveShard shard, in RoutePlan plan, int first, in RouteRequest request, RouteReason reason)
    {
        Span<byte> steps = stackalloc byte[RoutePlan.MaxSteps];
        var count = 0;
        steps[count++] = (byte)plan[first];
        for (var step = 1; step < plan.Count; step++)
        {
            if (step != first)
            {
                steps[count++] = (byte)plan[step];
            }
        }

        return new RoutePlan(steps[..count], TimeSpan.Zero, reason | (Reason(policy, shard, steps[0], request, healthyOnly: true) & ~RouteReason.Nearest));
    }

    /// <summary>Whether nothing but distance decides which of two endpoints is asked first.</summary>
    public static bool AreOfOneRank(LiveShard shard, ShardTopology topology, int one, int other, in RouteRequest request) =>
        Rank(shard, topology, one, request, topology.SetAside[one]) == Rank(shard, topology, other, request, topology.SetAside[other]);

    /// <summary>How long until an endpoint is expected to have what is required.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TimeSpan ExpectedWait(
        LiveShard shard, ShardTopology topology, int endpoint, in RouteRequest request, in Requirement requirement, TimeSpan now)
    {
        var vitals = shard.Nodes[endpoint].Vitals;
        return request.Level == ConsistencyLevel.Eventual || topology.Primary == endpoint
            || (IsThoughtReady(vitals, endpoint, requirement) && (request.Behind == 0 || (request.Behind & (UInt128.One << endpoint)) == 0))
            ? TimeSpan.Zero
            : UntilReady(shard, vitals, request, requirement, now);
    }

    private static TimeSpan UntilReady(LiveShard shard, EndpointVitals vitals, in RouteRequest request, in Requirement requirement, TimeSpan now)
    {
        var learned = requirement.LearnedAt ?? shard.Samples.ReachedAt(requirement.Replica) ?? request.BegunAt ?? now;
        var ready = learned + vitals.CatchUp - (vitals.RoundTrip ?? TimeSpan.Zero) / 2;
        return ready > now ? ready - now : TimeSpan.Zero;
    }

    private static bool IsThoughtReady(EndpointVitals vitals, int endpoint, in Requirement requirement) =>
        vitals.Position >= requirement.Replica
        || (requirement.Repeat.Endpoint == endpoint + 1 && requirement.Replica <= requirement.Repeat.Hi);

    /// <summary>Whether a read may be answered by a node at all, however old what it has, and however slow it is.</summary>
    public static bool MayAsk(ShardTopology topology, int endpoint, in RouteRequest request) =>
        IsWanted(topology, endpoint, request)
        && RouteRank.Of(topology.Definition.Endpoints[endpoint], topology.Roles[endpoint] == EndpointRole.Primary, isTooOld: false, isSetAside: false, request) != RouteRank.Never;

    private static bool IsWanted(ShardTopology topology, int endpoint, in RouteRequest request) =>
        (request.Excluded == 0 || (request.Excluded & (UInt128.One << endpoint)) == 0)
        && (request.Only.IsUnspecified || topology.Definition.Endpoints[endpoint].Region == request.Only);

    private static long Cost(
        RoutePolicy policy, LiveShard shard, ShardTopology topology, int endpoint, in RouteRequest request, in Requirement requirement, TimeSpan now, bool isSetAside) =>
        Rank(shard, topology, endpoint, request, isSetAside) is not RouteRank.Never and var rank
            ? RouteRank.Cost(rank, ExpectedAfter(policy, shard, topology, endpoint, request, requirement, now))
            : long.MaxValue;

    /// <summary>When an answer is expected: after the way, and the time until there is something to answer with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TimeSpan ExpectedAfter(
        RoutePolicy policy, LiveShard shard, ShardTopology topology, int endpoint, in RouteRequest request, in Requirement requirement, TimeSpan now) =>
        (shard.Nodes[endpoint].Vitals.RoundTrip ?? Unmeasured(policy, topology, endpoint)) + ExpectedWait(shard, topology, endpoint, request, requirement, now);

    private static TimeSpan Unmeasured(RoutePolicy policy, ShardTopology topology, int endpoint) =>
        topology.Definition.Endpoints[endpoint].Region == policy.LocalRegion ? UnmeasuredLocal : UnmeasuredRemote;

    /// <summary>Who would have been asked first, or as soon, were it not for how it is doing.</summary>
    private static RouteReason PassedOver(
        RoutePolicy policy, LiveShard shard, ShardTopology topology, int chosen, long cost, in RouteRequest request, in Requirement requirement, TimeSpan now)
    {
        var reason = RouteReason.None;
        for (var i = 0; i < topology.Health.Length && request.Level != ConsistencyLevel.Strong; i++)
        {
            var isOut = topology.Health[i] == EndpointHealth.Unhealthy;
            if (i != chosen && (isOut || topology.SetAside[i]) && (topology.MayRead[i] & ReadableAs.Any) != ReadableAs.Nothing && IsWanted(topology, i, request)
                && Cost(policy, shard, topology, i, request, requirement, now, isSetAside: false) <= cost + policy.LatencyWindow.Ticks)
            {
                reason |= isOut ? RouteReason.OtherOutOfRotation : RouteReason.OtherSetAside;
            }
        }

        return reason;
    }

    private static int Rank(LiveShard shard, ShardTopology topology, int endpoint, in RouteRequest request, bool isSetAside)
    {
        var isTooOld = request.Level == ConsistencyLevel.BoundedStaleness && topology.Primary != endpoint
            && !(shard.Nodes[endpoint].Vitals.Lag <= request.MaxStaleness);
        return RouteRank.Of(topology.Definition.Endpoints[endpoint], topology.Roles[endpoint] == EndpointRole.Primary, isTooOld, isSetAside, request);
    }

    private static int PickFirst(
        RoutePolicy policy, LiveShard shard, ShardTopology topology, NodePreference nodes, ReadOnlySpan<long> costs, long limit, uint random)
    {
        var preferred = 0;
        Span<int> members = costs.Length <= Few ? stackalloc int[Few] : stackalloc int[costs.Length];
        var count = 0;
        for (var i = 0; i < costs.Length; i++)
        {
            if (costs[i] > limit)
            {
                continue;
            }

            var preference = nodes == NodePreference.Nearest ? 1 : Preference(policy, topology, i);
            if (preference > preferred)
            {
                preferred = preference;
                count = 0;
            }

            if (preference == preferred)
            {
                members[count++] = i;
            }
        }

        return WeightedDraw.Pick(shard, members[..count], random);
    }

    /// <summary>Within the window: replicas of the local region, then other replicas, then the primary, whose time is scarce.</summary>
    private static int Preference(RoutePolicy policy, ShardTopology topology, int endpoint) =>
        topology.Primary == endpoint ? 1
        : topology.Definition.Endpoints[endpoint].Region == policy.LocalRegion ? 3
        : 2;

    /// <summary>Puts the cheapest behind the first step, and those with lower numbers first where they cost the same. Returns how many steps there are.</summary>
    private static int AddCheapest(ReadOnlySpan<long> costs, Span<byte> steps)
    {
        var count = 1;
        for (var i = 0; i < costs.Length; i++)
        {
            var cost = costs[i];
            if (cost == long.MaxValue || (count == steps.Length && cost >= costs[steps[^1]]))
            {
                continue;
            }

            var at = count < steps.Length ? count++ : count - 1;
            for (; at > 1 && cost < costs[steps[at - 1]]; at--)
            {
                steps[at] = steps[at - 1];
            }

            steps[at] = (byte)i;
        }

        return count;
    }

    private static RouteReason Reason(RoutePolicy policy, LiveShard shard, int endpoint, in RouteRequest request, bool healthyOnly) =>
        (request.Level == ConsistencyLevel.Strong ? RouteReason.PrimaryRequired : RouteReason.Nearest)
        | (shard.Definition.Endpoints[endpoint].Region == policy.LocalRegion ? RouteReason.LocalRegion : RouteReason.None)
        | (request.Only.IsUnspecified ? RouteReason.None : RouteReason.RegionRequested)
        | (request.Labels is { } labels && request.Level != ConsistencyLevel.Strong && labels.IndexOf(shard.Definition.Endpoints[endpoint].Labels) >= 0
            ? RouteReason.LabelsMatched
            : RouteReason.None)
        | (healthyOnly ? RouteReason.None : RouteReason.NoneHealthy);
}
