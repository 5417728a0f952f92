using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// One read from plan to verified answer. A node that can't prove what the session requires is left, or waited for, whichever is expected
/// to be faster; a node that fails is left for the rest of the round; a round without success pauses and starts over, to the deadline.
/// </summary>
internal sealed partial class ReadExecution<TOperation, TResult>(
    ShardEngine engine, TOperation operation, SessionState session, ReadIntent intent, CancellationToken cancellationToken)
    where TOperation : IReadOperation<TResult>
{
    private readonly TimeSpan _begunAt = engine.Runtime.Now;
    private AttemptRounds _rounds = new(engine.Attempts.AttemptTimeout, engine.Runtime.Now);
    private RouteReason _reason;
    private int _attempts;
    private bool _refreshed;
    private ulong _required;
    private bool _someoneWasBehind;
    private ulong _bestSeen;
    private TimeSpan? _bestAge;
    private RegionId _lastRegion;
    private Exception? _lastFault;
    private StoreFaultException? _throttling;
    private bool _metMoreThanThrottling;

    private TimeSpan Remaining => _begunAt + intent.Timeout - engine.Runtime.Now;

    public async ValueTask<ReadResult<TResult>> RunAsync()
    {
        if (!intent.Only.IsUnspecified && !engine.Shard.Definition.HasEndpointIn(intent.Only))
        {
            throw NobodyMayAnswer(engine.Topology);
        }

        if (engine.Schema is { IsOpen: false } schema)
        {
            await schema.AdmitAsync(operation.Name, Remaining, cancellationToken).ConfigureAwait(false);
        }

        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            engine.Monitor.ThrowIfDisposed();
            var replaced = engine.Board.Replaced;
            var topology = engine.Topology;
            if (Remaining <= TimeSpan.Zero)
            {
                throw Expired(topology);
            }

            if (intent.Level != ConsistencyLevel.Eventual && topology.History is null)
            {
                await PauseAsync(replaced, Remaining).ConfigureAwait(false);
                continue;
            }

            if (await RequireAsync(topology).ConfigureAwait(false) is not { } requirement)
            {
                continue;
            }

            var request = new RouteRequest(intent.Level, intent.MaxStaleness, intent.Only, _rounds.Excluded, _rounds.Behind, _begunAt, intent.Nodes, intent.Labels);
            var plan = RoutePlanner.Plan(
                engine.Routing, engine.Shard, topology, request, requirement, engine.Runtime.Now, (uint)engine.Runtime.NextRandom(int.MaxValue));
            if (plan.Count == 0)
            {
                await PauseAsync(replaced, _rounds.StartOver(engine.Runtime.Now) ?? Remaining).ConfigureAwait(false);
                continue;
            }

            if (_rounds.IsTimeForOthers(plan[0], engine.Runtime.Now))
            {
                _rounds.AskOthers(engine.Runtime.Now);
                continue;
            }

            await WaitForAsync(plan).ConfigureAwait(false);
            if (await AttemptAsync(plan, topology, requirement).ConfigureAwait(false) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>What the session requires; null when that could be said only after looking again.</summary>
    private async ValueTask<Requirement?> RequireAsync(ShardTopology topology)
    {
        if (intent.Level == ConsistencyLevel.Eventual)
        {
            return Requirement.None;
        }

        if (!await Settlement.TryAsync(engine, session, topology, Remaining, cancellationToken).ConfigureAwait(false))
        {
            _someoneWasBehind = true;
            await PauseAsync(engine.Board.Replaced, AttemptPolicy.MaxPause).ConfigureAwait(false);
            return null;
        }

        try
        {
            var requirement = session.RequirementFor(engine.Shard.Definition.Id, topology.History!, operation.KeyHash);
            _required = requirement.Replica;
            return requirement;
        }
        catch (UnknownHistoryException) when (!_refreshed)
        {
            // Another process may know a newer history than this one has seen so far.
            _refreshed = true;
            await PauseAsync(engine.Monitor.RefreshAsync(), Remaining).ConfigureAwait(false);
            return null;
        }
        catch (UnknownHistoryException)
        {
            throw UnknownHistory();
        }
    }

    private async ValueTask WaitForAsync(RoutePlan plan)
    {
        var wait = plan.Wait;
        if (_rounds.WasBehind(plan[0]) && wait < AttemptPolicy.MinPause)
        {
            wait = AttemptPolicy.MinPause;
        }

        if (wait > TimeSpan.Zero)
        {
            _reason |= RouteReason.Waited;

            // An expectation is no promise: whoever catches up early is noticed soon.
            wait = wait < AttemptPolicy.MaxPause ? wait : AttemptPolicy.MaxPause;
            var bounded = wait < Remaining ? wait : Remaining;
            if (bounded > TimeSpan.Zero)
            {
                await engine.Runtime.Delay(bounded, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<ReadResult<TResult>?> AttemptAsync(RoutePlan plan, ShardTopology topology, Requirement requirement)
    {
        var endpoint = plan[0];
        var node = engine.Shard.Nodes[endpoint];
        var limit = Slice;
        if (limit <= TimeSpan.Zero)
        {
            return null;
        }

        _attempts++;
        _lastRegion = node.Definition.Region;
        var startedAt = engine.Runtime.Now;
        node.Vitals.Began();
        try
        {
            var read = await engine.Runtime.WithinAsync(
                limit,
                (Read: this, node.Store, Guard: new ReadGuard(requirement.Primary, NeededOf(requirement)), Topology: topology, IsLast: plan.Count == 1),
                static (state, token) => state.Read.RunAtAsync(state.Store, state.Guard, state.Topology, token),
                static state => state.IsLast ? state.Read.More(state.Topology) : TimeSpan.Zero,
                cancellationToken).ConfigureAwait(false);
            engine.Monitor.Worked(node);
            node.Vitals.AnsweredWithin(engine.Runtime.Now - startedAt);
            return Take(read, plan, node, topology, requirement, startedAt);
        }
        catch (StoreFaultException fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Failed(fault, endpoint, node);
            return null;
        }
        catch (TimeoutException timeout)
        {
            // Less time than any node gets says nothing about this one, nor does a standby that doesn't confirm; a probe will tell.
            var hadLittle = engine.Runtime.Now - startedAt < engine.Attempts.AttemptTimeout;
            var fault = hadLittle || intent.Barrier ? StoreFaultKind.WrongRole : StoreFaultKind.Timeout;
            Failed(new StoreFaultException(fault, WriteDisposition.NotApplied, "No answer in time.", timeout), endpoint, node);
            return null;
        }
        finally
        {
            node.Vitals.Ended();
        }
    }

    /// <summary>What an attempt gets at once.</summary>
    private TimeSpan Slice => engine.Attempts.AttemptTimeout < Remaining ? engine.Attempts.AttemptTimeout : Remaining;

    /// <summary>What the last candidate gets beyond that: all that is left, slice by slice, unless the primary has changed meanwhile.</summary>
    private TimeSpan More(ShardTopology since) =>
        engine.Topology.Primary == since.Primary && engine.Topology.History?.Id == since.History?.Id ? Slice : TimeSpan.Zero;

    private Task<StoreRead<TResult>> RunAtAsync(IStoreEndpoint store, ReadGuard guard, ShardTopology topology, CancellationToken token) =>
        intent.Barrier && topology.History is { } history
            ? ReadBehindBarrierAsync(operation, store, guard, new WriteGuard(history.Id, WriteDurability.RemoteFlush), token)
            : operation.RunAsync(store, guard, token);

    /// <summary>
    /// Reads, and then lets the standbys confirm a commit. In this order, because the confirmation covers all that came before it: that the
    /// node was still the primary when it answered, and that what it showed is as durable.
    /// </summary>
    private static async Task<StoreRead<TResult>> ReadBehindBarrierAsync(
        TOperation operation, IStoreEndpoint store, ReadGuard guard, WriteGuard barrier, CancellationToken cancellationToken)
    {
        var read = await operation.RunAsync(store, guard, cancellationToken).ConfigureAwait(false);
        var confirmed = await store.CommitBarrierAsync(barrier, cancellationToken).ConfigureAwait(false);
        return confirmed.Reached >= WriteDurability.RemoteFlush
            ? read
            : throw Unconfirmed(operation, confirmed);
    }

    /// <summary>What a replica's answer needs. A bound on staleness is kept with half of it to spare, so that what was seen of a node some time ago rarely misses it.</summary>
    private ulong NeededOf(in Requirement requirement) => intent.Level == ConsistencyLevel.BoundedStaleness
        ? Math.Max(requirement.Replica, engine.Shard.Samples.CurrentSince(engine.Runtime.Now - intent.MaxStaleness / 2) ?? ulong.MaxValue)
        : requirement.Replica;

    private ReadResult<TResult>? Take(
        StoreRead<TResult> read, RoutePlan plan, ShardNode node, ShardTopology topology, Requirement requirement, TimeSpan startedAt)
    {
        var stamp = read.Stamp;
        var endpoint = node.Definition.Index;
        var now = engine.Runtime.Now;
        var verdict = ReadVerification.Judge(stamp, endpoint, intent.Level, topology.History, requirement);
        var isOurs = topology.History?.SharedWith(stamp.History) >= stamp.Lo;
        if (isOurs && !stamp.IsPrimary)
        {
            _bestSeen = Math.Max(_bestSeen, stamp.Lo);
            engine.Shard.NotePosition(node, stamp.Lo, now);
        }

        switch (verdict)
        {
            case ReadVerdict.Good:
                break;
            case ReadVerdict.Behind when !stamp.IsPrimary:
                _reason |= RouteReason.OtherBehind;
                _someoneWasBehind = true;
                _rounds.NoteBehind(endpoint);
                node.Vitals.WasBehind(now - LearnedAt(requirement));
                return null;
            case ReadVerdict.Behind:
                _reason |= RouteReason.OtherBehind;
                _someoneWasBehind = true;
                _bestSeen = Math.Max(_bestSeen, stamp.Lo);
                _rounds.Exclude(endpoint);
                return null;
            case ReadVerdict.BeyondLog:
                throw BeyondLog(node);
            default:
                _metMoreThanThrottling = true;
                _rounds.Exclude(endpoint);
                engine.Monitor.ProbeNow();
                return null;
        }

        var age = Age(stamp, isOurs, startedAt, now);
        if (intent.Level == ConsistencyLevel.BoundedStaleness && !(age <= intent.MaxStaleness))
        {
            _bestAge = _bestAge < age ? _bestAge : age ?? _bestAge;
            if (!(intent.ServeStale && !topology.IsWritable))
            {
                _reason |= RouteReason.OtherBehind;
                _someoneWasBehind = true;
                _rounds.Exclude(endpoint);
                return null;
            }

            _reason |= RouteReason.ServedStale;
        }

        return Answer(read, plan, node, topology, requirement, age, now);
    }

    private ReadResult<TResult> Answer(
        StoreRead<TResult> read, RoutePlan plan, ShardNode node, ShardTopology topology, Requirement requirement, TimeSpan? age, TimeSpan now)
    {
        var stamp = read.Stamp;
        var proven = intent.Level != ConsistencyLevel.Eventual;
        if (proven)
        {
            if (operation.ShowsRows)
            {
                session.SawRead(engine.Shard.Definition.Id, topology.History!, stamp, node.Definition.Index, now);
            }

            if (!stamp.IsPrimary && requirement.Replica > 0 && stamp.Lo >= requirement.Replica)
            {
                node.Vitals.HadCaughtUp(now - LearnedAt(requirement));
            }
        }

        var reason = plan.Reason | _reason | (proven && requirement.Replica > 0 ? RouteReason.PositionProven : RouteReason.None);
        return new ReadResult<TResult>(
            read.Value, node.Definition.Region, stamp.IsPrimary ? AnswerSource.Primary : AnswerSource.Replica, age, reason)
        {
            Endpoint = node.Definition.Name,
        };
    }

    /// <summary>
    /// The primary has all that was acknowledged before it was asked. A replica has all that was acknowledged when its position was the
    /// newest; if no sample is that old, nothing can be said.
    /// </summary>
    private TimeSpan? Age(ReadStamp stamp, bool isOurs, TimeSpan startedAt, TimeSpan now)
    {
        if (stamp.IsPrimary)
        {
            return isOurs ? now - startedAt : null;
        }

        return isOurs && engine.Shard.Samples.CurrentAt(stamp.Lo) is { } current ? now - current : null;
    }

    /// <summary>
    /// Since when the position is known. What counts against a node that hasn't got it counts for one that has: else sessions that come from
    /// elsewhere could only ever make a node seem slower.
    /// </summary>
    private TimeSpan LearnedAt(in Requirement requirement) =>
        requirement.LearnedAt ?? engine.Shard.Samples.ReachedAt(requirement.Replica) ?? _begunAt;

    private void Failed(StoreFaultException fault, int endpoint, ShardNode node)
    {
        if (fault.Kind is StoreFaultKind.Rejected or StoreFaultKind.Conflict)
        {
            throw Refused(fault, node);
        }

        _lastFault = fault;
        _throttling = fault.Kind == StoreFaultKind.Throttled ? fault : _throttling;

        // What ends because the read's own time is up might have been throttled next.
        _metMoreThanThrottling |= fault.Kind != StoreFaultKind.Throttled && Remaining > TimeSpan.Zero;
        _reason |= RouteReason.OtherFailed;
        if (fault.BlamesNode)
        {
            _rounds.ExcludeFailed(endpoint, engine.Runtime.Now);
            if (!fault.IsEcho)
            {
                engine.Monitor.Saw(node, worked: false);
            }
        }
        else
        {
            _rounds.Exclude(endpoint);
            if (fault.Kind == StoreFaultKind.WrongRole)
            {
                engine.Monitor.ProbeNow();
            }
        }
    }

    private async ValueTask PauseAsync(Task until, TimeSpan atMost)
    {
        var bounded = atMost < Remaining ? atMost : Remaining;
        if (bounded > TimeSpan.Zero)
        {
            await engine.Runtime.PauseAsync(until, bounded, cancellationToken).ConfigureAwait(false);
        }
    }
}
