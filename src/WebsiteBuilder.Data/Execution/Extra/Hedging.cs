using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// When a read that takes longer than usual asks a second node, too, and which. The first good answer is the caller's, judged as if no other had been asked; the other one is let go.
/// One for each shard. Thread-safe.
/// </summary>
/// <param name="policy">The limits.</param>
/// <param name="load">What may be asked in addition.</param>
internal sealed class Hedging(HedgePolicy policy, ExtraLoad load)
{
    /// <summary>Whoever throttles has enough to do already.</summary>
    private static readonly TimeSpan AfterThrottling = TimeSpan.FromSeconds(1);

    private long _offUntil;

    /// <summary>
    /// After how long a read asks the second node of its plan, too: when the first takes longer than all but a twentieth of its answers, and of the other's, and never sooner than the other
    /// would have taken. Null for never.
    /// </summary>
    public TimeSpan? After(ShardEngine engine, in RoutePlan plan)
    {
        if (plan.Count < 2 || !policy.IsOn)
        {
            return null;
        }

        var other = engine.Shard.Nodes[plan[1]].Vitals;
        if (engine.Shard.Nodes[plan[0]].Vitals.Late is not { } late)
        {
            return null;
        }

        late = other.Late < late ? other.Late.Value : late;
        late = other.RoundTrip > late ? other.RoundTrip.Value : late;
        return late > policy.MinDelay ? late : policy.MinDelay;
    }

    /// <summary>Where else to ask now: what is left of the plan, with that node first; null for nowhere.</summary>
    /// <param name="engine">The shard's engine.</param>
    /// <param name="late">The attempt that takes long.</param>
    /// <param name="request">What the read asks of the planner.</param>
    public RoutePlan? TryTake(ShardEngine engine, in ReadAttempt late, in RouteRequest request)
    {
        var now = engine.Runtime.Now;
        if (!policy.IsOn || now.Ticks < Volatile.Read(ref _offUntil) || !engine.HasSamePrimary(late.Topology))
        {
            return null;
        }

        for (var step = 1; step < late.Plan.Count; step++)
        {
            if (MayBeAsked(engine, late, late.Plan[step], request, now))
            {
                return load.TryTake(engine.Shard.AskedLately(now), now) ? RoutePlanner.PlanWithout(engine.Routing, engine.Shard, late.Plan, step, request, RouteReason.Hedged) : null;
            }
        }

        return null;
    }

    /// <summary>A node may have no room for more: for a while nobody is asked in addition. That this process has none, or that a read and the log were in each other's way, says nothing of that.</summary>
    public void Saw(StoreFaultException fault, TimeSpan now)
    {
        if (fault is { Kind: StoreFaultKind.Throttled, IsOwnLimit: false } and not { Code: ['4', '0', ..] })
        {
            Volatile.Write(ref _offUntil, (now + AfterThrottling).Ticks);
        }
    }

    /// <summary>Somebody who might as well have been asked first, is well, has what is required, isn't busier than the one who takes long, and would have answered by now.</summary>
    private static bool MayBeAsked(ShardEngine engine, in ReadAttempt late, int other, in RouteRequest request, TimeSpan now)
    {
        var vitals = engine.Shard.Nodes[other].Vitals;
        return vitals.Health == EndpointHealth.Healthy
            && vitals.InFlight <= late.NodeOf(engine).Vitals.InFlight
            && vitals.RoundTrip <= now - late.StartedAt
            && RoutePlanner.AreOfOneRank(engine.Shard, late.Topology, late.Plan[0], other, request)
            && RoutePlanner.ExpectedWait(engine.Shard, late.Topology, other, request, late.Requirement, now) <= TimeSpan.Zero;
    }
}

/// <summary>Limits of hedging.</summary>
/// <param name="minDelay">No read asks a second node sooner.</param>
/// <param name="isOn">Whether any does, at first.</param>
internal sealed class HedgePolicy(TimeSpan minDelay, bool isOn)
{
    private volatile bool _isOn = isOn;

    public TimeSpan MinDelay => minDelay;

    /// <summary>Whether reads ask a second node. May be changed at any time.</summary>
    public bool IsOn
    {
        get => _isOn;
        set => _isOn = value;
    }
}
