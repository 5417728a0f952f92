using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
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
    ShardEngine engine, TOperation operation, SessionState session, ReadIntent intent, TimeSpan begunAt, CancellationToken cancellationToken)
    where TOperation : IReadOperation<TResult>
{
    private AttemptRounds _rounds = new(engine.Attempts.AttemptTimeout, begunAt);
    private RouteReason _reason;
    private int _attempts;
    private bool _refreshed;
    private ShardTopology? _owes;
    private bool _isRacing;
    private ulong _required;
    private bool _someoneWasBehind;
    private ulong _bestSeen;
    private TimeSpan? _bestAge;
    private RegionId _lastRegion;
    private Exception? _lastFault;
    private StoreFaultException? _throttling;
    private bool _metMoreThanThrottling;

    private TimeSpan Remaining => begunAt + intent.Timeout - engine.Runtime.Now;

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
            var replaced = engine.Board.ReplacedOf(engine.Shard.Index);
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

            var plan = RoutePlanner.Plan(
                engine.Routing, engine.Shard, topology, Request(), requirement, engine.Runtime.Now, (uint)engine.Runtime.NextRandom(int.MaxValue));
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

            if (_owes is { } failed && !IsNews(failed, topology, plan[0]) && engine.Retries?.TryTake(engine.Shard.AskedLately(engine.Runtime.Now), engine.Runtime.Now) == false)
            {
                // Who is in trouble isn't helped by more of the same: news may help, and time does.
                await PauseAsync(replaced, engine.Runtime.Jitter(AttemptPolicy.MaxPause)).ConfigureAwait(false);
                continue;
            }

            _owes = null;
            await WaitForAsync(plan).ConfigureAwait(false);
            if (await AttemptAsync(plan, topology, requirement).ConfigureAwait(false) is { } answer)
            {
                return answer;
            }
        }
    }

    /// <summary>Whether asking a node is another matter than it was: it wasn't well then, or another one was the primary.</summary>
    private static bool IsNews(ShardTopology before, ShardTopology now, int node) =>
        before.Primary != now.Primary || before.History?.Id != now.History?.Id || (before.Health[node] != EndpointHealth.Healthy && now.Health[node] == EndpointHealth.Healthy);

    private RouteRequest Request() => new(intent.Level, intent.MaxStaleness, intent.Only, _rounds.Excluded, _rounds.Behind, begunAt, intent.Nodes, intent.Labels);

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
            await PauseAsync(engine.Board.ReplacedOf(engine.Shard.Index), AttemptPolicy.MaxPause).ConfigureAwait(false);
            return null;
        }

        try
        {
            var requirement = session.RequirementFor(
                engine.Shard.Definition.Id, topology.History!, session.HasBlindWrites(engine.Shard.Definition.Id) ? operation.KeyHash : null);
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

    /// <summary>Goes on after an attempt that somebody else made.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="read">Its answer, if it brought one.</param>
    /// <param name="error">Why it didn't.</param>
    /// <param name="second">Whoever was asked too, in vain; null for nobody.</param>
    public async ValueTask<ReadResult<TResult>> GoOnAsync(ReadAttempt attempt, StoreRead<TResult>? read, Exception? error, int? second)
    {
        _attempts++;
        if (second is { } other)
        {
            _attempts++;
            _rounds.Exclude(other);
        }

        _required = attempt.Requirement.Replica;
        _lastRegion = attempt.NodeOf(engine).Definition.Region;
        if (read is { } answered)
        {
            return Take(answered, attempt) ?? await RunAsync().ConfigureAwait(false);
        }

        switch (error)
        {
            case StoreFaultException fault:
                cancellationToken.ThrowIfCancellationRequested();
                Failed(fault, attempt);
                break;
            case TimeoutException timeout:
                Failed(attempt.OutOfTime(engine, intent, timeout), attempt);
                break;
            default:
                ExceptionDispatchInfo.Throw(error!);
                break;
        }

        return await RunAsync().ConfigureAwait(false);
    }

    private async ValueTask<ReadResult<TResult>?> AttemptAsync(RoutePlan plan, ShardTopology topology, Requirement requirement)
    {
        var limit = Slice;
        if (limit <= TimeSpan.Zero)
        {
            return null;
        }

        // What shows no rows does something else with the node, such as opening a connection there.
        var attempt = new ReadAttempt(plan, topology, requirement, engine.Runtime.Now);
        return operation.ShowsRows && !intent.Barrier && engine.Hedging?.After(engine, plan) is { } after && after < limit
            ? await HedgeAsync(attempt, limit, after).ConfigureAwait(false)
            : Judge(await AskAsync(attempt, limit, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Asks the first node of a plan. What it answers is evidence of the node, and not judged yet.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> AskAsync(ReadAttempt attempt, TimeSpan limit, CancellationToken token)
    {
        var node = attempt.NodeOf(engine);
        _attempts++;
        _lastRegion = node.Definition.Region;
        node.Vitals.Began();
        try
        {
            var read = await engine.Runtime.WithinAsync(
                attempt.UntilLook(limit, TimeSpan.Zero),
                (Read: this, node.Store, Guard: attempt.Guard(engine, intent), Attempt: attempt, Limit: limit),
                static (state, token) => state.Read.RunAtAsync(state.Store, state.Guard, state.Attempt.Topology, token),
                static state => state.Read.More(state.Attempt, state.Limit),
                token).ConfigureAwait(false);
            engine.Monitor.Worked(node);
            node.Vitals.AnsweredWithin(engine.Runtime.Now - attempt.StartedAt);
            return new AttemptOutcome(attempt, read, null);
        }
        catch (StoreFaultException fault)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new AttemptOutcome(attempt, null, fault);
        }
        catch (TimeoutException timeout)
        {
            return new AttemptOutcome(attempt, null, attempt.OutOfTime(engine, intent, timeout));
        }
        finally
        {
            node.Vitals.Ended();
        }
    }

    private ReadResult<TResult>? Judge(in AttemptOutcome outcome)
    {
        if (outcome.Read is { } read)
        {
            return Take(read, outcome.Attempt);
        }

        Failed(outcome.Fault!, outcome.Attempt);
        return null;
    }

    /// <summary>What an attempt gets at once.</summary>
    private TimeSpan Slice => engine.Attempts.AttemptTimeout < Remaining ? engine.Attempts.AttemptTimeout : Remaining;

    private TimeSpan More(in ReadAttempt attempt, TimeSpan limit) =>
        attempt.More(engine, Request(), limit, engine.Runtime.Now) ?? (attempt.IsLast && engine.HasSamePrimary(attempt.Topology) ? Slice : TimeSpan.Zero);

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

    private ReadResult<TResult>? Take(in StoreRead<TResult> read, in ReadAttempt attempt)
    {
        var stamp = read.Stamp;
        var node = attempt.NodeOf(engine);
        var endpoint = node.Definition.Index;
        var now = engine.Runtime.Now;
        if (attempt.IsOurs(stamp) && !stamp.IsPrimary)
        {
            _bestSeen = Math.Max(_bestSeen, stamp.Lo);
            engine.Shard.NotePosition(node, stamp.Lo, now);
        }

        switch (attempt.Judge(stamp, intent.Level))
        {
            case ReadVerdict.Good:
                break;
            case ReadVerdict.Behind when !stamp.IsPrimary:
                _reason |= RouteReason.OtherBehind;
                _someoneWasBehind = true;
                _rounds.NoteBehind(endpoint);
                node.Vitals.WasBehind(now - attempt.LearnedAt(engine, begunAt));
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

        var age = attempt.Age(engine, stamp, now);
        if (intent.Level == ConsistencyLevel.BoundedStaleness && !(age <= intent.MaxStaleness))
        {
            _bestAge = _bestAge < age ? _bestAge : age ?? _bestAge;
            if (!intent.ServeStale || attempt.Topology.IsWritable || _isRacing)
            {
                _reason |= RouteReason.OtherBehind;
                _someoneWasBehind = true;
                _rounds.Exclude(endpoint);
                return null;
            }

            _reason |= RouteReason.ServedStale;
        }

        return attempt.Accept(engine, session, intent.Level, operation.ShowsRows, read, age, _reason, begunAt, now);
    }

    private void Failed(StoreFaultException fault, in ReadAttempt attempt)
    {
        var node = attempt.NodeOf(engine);
        var endpoint = node.Definition.Index;
        if (fault.Kind is StoreFaultKind.Rejected or StoreFaultKind.Conflict)
        {
            throw Refused(fault, node);
        }

        _lastFault = fault;
        _throttling = fault.Kind == StoreFaultKind.Throttled ? fault : _throttling;
        engine.Hedging?.Saw(fault, engine.Runtime.Now);
        if (!fault.IsEcho && !fault.IsOwnLimit)
        {
            // Asking again in the same circumstances has to be paid for; what was never sent, or was for many, hasn't.
            _owes = attempt.Topology;
        }

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
