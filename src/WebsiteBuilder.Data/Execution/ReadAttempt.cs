using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>One attempt of a read at the first node of a plan: all that its answer is judged by.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="Topology">The look at the board that requirement and plan belong to.</param>
/// <param name="Requirement">What the answer must prove.</param>
/// <param name="StartedAt">When it began.</param>
internal readonly record struct ReadAttempt(RoutePlan Plan, ShardTopology Topology, Requirement Requirement, TimeSpan StartedAt)
{
    public ShardNode NodeOf(ShardEngine engine) => engine.Shard.Nodes[Plan[0]];

    /// <summary>Whether nobody else is left to ask.</summary>
    public bool IsLast => Plan.Count == 1;

    /// <summary>How long to wait until the node is looked at again: one that has gone out of rotation meanwhile is left, and not waited for to the end.</summary>
    public TimeSpan UntilLook(TimeSpan limit, TimeSpan elapsed) => IsLast || limit - elapsed < AttemptPolicy.Look ? limit - elapsed : AttemptPolicy.Look;

    /// <summary>How much longer the attempt gets within its limit; null if that is used up.</summary>
    /// <param name="engine">The shard's engine.</param>
    /// <param name="request">What the read asks of a plan now.</param>
    /// <param name="limit">What it gets altogether.</param>
    /// <param name="now">The time.</param>
    public TimeSpan? More(ShardEngine engine, in RouteRequest request, TimeSpan limit, TimeSpan now) =>
        !IsLast && IsLeft(engine.Topology, request) ? TimeSpan.Zero
        : now - StartedAt < limit ? UntilLook(limit, now - StartedAt)
        : null;

    /// <summary>
    /// Whether the node isn't waited for any more, since it has gone out of rotation; or since somebody else whom the read may ask is known to be well now, where it was asked because nobody was, and still says nothing.
    /// </summary>
    private bool IsLeft(ShardTopology known, in RouteRequest request) => known.Health[Plan[0]] switch
    {
        EndpointHealth.Unhealthy => Topology.Health[Plan[0]] != EndpointHealth.Unhealthy,
        EndpointHealth.Unknown => IsAnybodyNew(known, request),
        _ => false,
    };

    private bool IsAnybodyNew(ShardTopology known, in RouteRequest request)
    {
        for (var i = 0; i < known.MayRead.Length; i++)
        {
            if ((known.MayRead[i] & ReadableAs.HealthyAny) > (Topology.MayRead[i] & ReadableAs.HealthyAny) && RoutePlanner.MayAsk(known, i, request))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What the answer must bring along. A bound on staleness is kept with half of it to spare, so that what was seen of a node some time ago rarely misses it.</summary>
    public ReadGuard Guard(ShardEngine engine, in ReadIntent intent) => new(
        Requirement.Primary,
        intent.Level == ConsistencyLevel.BoundedStaleness
            ? Math.Max(Requirement.Replica, engine.Shard.Samples.CurrentSince(StartedAt - (intent.MaxStaleness / 2)) ?? ulong.MaxValue)
            : Requirement.Replica);

    public ReadVerdict Judge(in ReadStamp stamp, ConsistencyLevel level) => ReadVerification.Judge(stamp, Plan[0], level, Topology.History, Requirement);

    /// <summary>Whether the answer's position is one of the current history.</summary>
    public bool IsOurs(in ReadStamp stamp) => Topology.History?.SharedWith(stamp.History) >= stamp.Lo;

    /// <summary>
    /// The primary has all that was acknowledged before it was asked. A replica has all that was acknowledged when its position was the
    /// newest; if no sample is that old, nothing can be said.
    /// </summary>
    public TimeSpan? Age(ShardEngine engine, in ReadStamp stamp, TimeSpan now)
    {
        if (stamp.IsPrimary)
        {
            return IsOurs(stamp) ? now - StartedAt : null;
        }

        return IsOurs(stamp) && engine.Shard.Samples.CurrentAt(stamp.Lo) is { } current ? now - current : null;
    }

    /// <summary>
    /// Since when the position is known. What counts against a node that hasn't got it counts for one that has: else sessions that come from
    /// elsewhere could only ever make a node seem slower.
    /// </summary>
    public TimeSpan LearnedAt(ShardEngine engine, TimeSpan begunAt) =>
        Requirement.LearnedAt ?? engine.Shard.Samples.ReachedAt(Requirement.Replica) ?? begunAt;

    /// <summary>Less time than any node gets says nothing about this one, nor does a standby that doesn't confirm; a probe will tell.</summary>
    public StoreFaultException OutOfTime(ShardEngine engine, in ReadIntent intent, TimeoutException timeout)
    {
        var hadLittle = engine.Runtime.Now - StartedAt < engine.Attempts.AttemptTimeout;
        var kind = hadLittle || intent.Barrier ? StoreFaultKind.WrongRole : StoreFaultKind.Timeout;
        return new StoreFaultException(kind, WriteDisposition.NotApplied, "No answer in time.", timeout);
    }

    /// <summary>Lets the session see a good answer, and makes the caller's result of it.</summary>
    public ReadResult<TResult> Accept<TResult>(
        ShardEngine engine, SessionState session, ConsistencyLevel level, bool showsRows, in StoreRead<TResult> read, TimeSpan? age, RouteReason reason, TimeSpan begunAt, TimeSpan now)
    {
        var stamp = read.Stamp;
        var node = NodeOf(engine);
        var isProven = level != ConsistencyLevel.Eventual;
        if (isProven)
        {
            if (showsRows)
            {
                session.SawRead(engine.Shard.Definition.Id, Topology.History!, stamp, node.Definition.Index, now);
            }

            if (!stamp.IsPrimary && Requirement.Replica > 0 && stamp.Lo >= Requirement.Replica)
            {
                node.Vitals.HadCaughtUp(now - LearnedAt(engine, begunAt));
            }
        }

        return new ReadResult<TResult>(
            read.Value,
            node.Definition.Region,
            stamp.IsPrimary ? AnswerSource.Primary : AnswerSource.Replica,
            age,
            Plan.Reason | reason | (isProven && Requirement.Replica > 0 ? RouteReason.PositionProven : RouteReason.None))
        {
            Endpoint = node.Definition.Name,
        };
    }
}
