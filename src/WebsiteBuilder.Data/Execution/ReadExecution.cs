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
internal sealed class ReadExecution<TOperation, TResult>(
    ShardEngine engine, TOperation operation, SessionState session, ReadIntent intent, CancellationToken cancellationToken)
    where TOperation : IReadOperation<TResult>
{
    private readonly TimeSpan _begunAt = engine.Runtime.Now;
    private UInt128 _excluded;
    private UInt128 _failed;
    private TimeSpan _failedAt;
    private TimeSpan _roundBegunAt = engine.Runtime.Now;
    private RouteReason _reason;
    private int _attempts;
    private int _pauses;
    private UInt128 _behind;
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

            var request = new RouteRequest(intent.Level, intent.MaxStaleness, intent.Only, _excluded, _behind, _begunAt, intent.Nodes, intent.Labels);
            var plan = RoutePlanner.Plan(
                engine.Routing, engine.Shard, topology, request, requirement, engine.Runtime.Now, (uint)engine.Runtime.NextRandom(int.MaxValue));
            if (plan.Count == 0)
            {
                await StartOverAsync(replaced).ConfigureAwait(false);
                continue;
            }

            if (IsTimeForOthers(plan))
            {
                Readmit(except: _behind);
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
            throw new InvalidSessionTokenException(
                "The session token names a history of the shard's log that nobody knows: the database was made anew, or the token is for another one. Open a new session.")
            {
                Shard = engine.Shard.Definition.Id,
                Operation = operation.Name,
            };
        }
    }

    private async ValueTask WaitForAsync(RoutePlan plan)
    {
        var wait = plan.Wait;
        if ((_behind & (UInt128.One << plan[0])) != 0 && wait < AttemptPolicy.MinPause)
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
                (Read: this, node.Store, Guard: new ReadGuard(requirement.Primary), Topology: topology, IsLast: plan.Count == 1),
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
            : throw new ConsistencyNotMetException(
                "No synchronous standby confirmed the barrier of the read: the primary has none, or stopped waiting for them. Configure synchronous standbys, or read without a barrier.",
                ConsistencyLevel.Strong,
                confirmed.Position,
                0)
            {
                Disposition = WriteDisposition.NotApplied,
                Operation = operation.Name,
            };
    }

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
                _behind |= UInt128.One << endpoint;
                node.Vitals.WasBehind(now - LearnedAt(requirement));
                return null;
            case ReadVerdict.Behind:
                _reason |= RouteReason.OtherBehind;
                _someoneWasBehind = true;
                _bestSeen = Math.Max(_bestSeen, stamp.Lo);
                Exclude(endpoint);
                return null;
            case ReadVerdict.BeyondLog:
                throw new InvalidSessionTokenException(
                    "The session token requires a position that the shard's log hasn't reached: it is forged, or a crash took back writes that were acknowledged before they were durable. Open a new session.")
                {
                    Shard = engine.Shard.Definition.Id,
                    Operation = operation.Name,
                    Region = node.Definition.Region,
                };
            default:
                _metMoreThanThrottling = true;
                Exclude(endpoint);
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
                Exclude(endpoint);
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
            throw new StoreFailureException(fault.Advice ?? "The store refused the read; the inner error says why.", fault.InnerException ?? fault)
            {
                Code = fault.Code,
                Disposition = WriteDisposition.NotApplied,
                Shard = engine.Shard.Definition.Id,
                Region = node.Definition.Region,
                Operation = operation.Name,
                Attempts = _attempts,
            };
        }

        _lastFault = fault;
        _throttling = fault.Kind == StoreFaultKind.Throttled ? fault : _throttling;

        // What ends because the read's own time is up might have been throttled next.
        _metMoreThanThrottling |= fault.Kind != StoreFaultKind.Throttled && Remaining > TimeSpan.Zero;
        _reason |= RouteReason.OtherFailed;
        if (fault.BlamesNode)
        {
            ExcludeFailed(endpoint);
            if (!fault.IsEcho)
            {
                engine.Monitor.Saw(node, worked: false);
            }
        }
        else
        {
            Exclude(endpoint);
            if (fault.Kind == StoreFaultKind.WrongRole)
            {
                engine.Monitor.ProbeNow();
            }
        }
    }

    private void Exclude(int endpoint) => _excluded |= UInt128.One << endpoint;

    private void ExcludeFailed(int endpoint)
    {
        Exclude(endpoint);
        _failed |= UInt128.One << endpoint;
        _failedAt = engine.Runtime.Now;
    }

    /// <summary>
    /// Whether only nodes that are behind are left to ask, although others were left for a reason that may have passed. Who is behind may
    /// stay behind.
    /// </summary>
    private bool IsTimeForOthers(RoutePlan plan) =>
        (_behind & (UInt128.One << plan[0])) != 0
        && (_excluded & ~StillFailed) != 0
        && engine.Runtime.Now - _roundBegunAt >= NextPause;

    /// <summary>A node that failed is left alone for as long as an attempt may take: it may do nothing but hold the read up.</summary>
    private UInt128 StillFailed => engine.Runtime.Now - _failedAt < engine.Attempts.AttemptTimeout ? _failed : 0;

    /// <summary>A little longer each time.</summary>
    private TimeSpan NextPause
    {
        get
        {
            var pause = AttemptPolicy.MinPause * (1 << Math.Min(_pauses, 7));
            return pause < AttemptPolicy.MaxPause ? pause : AttemptPolicy.MaxPause;
        }
    }

    /// <summary>Begins a round with all that were left, but these.</summary>
    private void Readmit(UInt128 except)
    {
        _failed = StillFailed;
        _excluded = _failed | except;
        _behind = 0;
        _pauses++;
        _roundBegunAt = engine.Runtime.Now;
    }

    /// <summary>Nobody is left to ask: pause, and ask all again.</summary>
    private async ValueTask StartOverAsync(Task replaced)
    {
        var pause = _excluded == 0 ? Remaining : NextPause;
        if ((_excluded | _behind) == _failed)
        {
            _failed = 0;
        }

        Readmit(except: 0);
        await PauseAsync(replaced, pause).ConfigureAwait(false);
    }

    private async ValueTask PauseAsync(Task until, TimeSpan atMost)
    {
        var bounded = atMost < Remaining ? atMost : Remaining;
        if (bounded > TimeSpan.Zero)
        {
            await engine.Runtime.PauseAsync(until, bounded, cancellationToken).ConfigureAwait(false);
        }
    }

    private DataTierException Expired(ShardTopology topology)
    {
        var shard = engine.Shard.Definition.Id;
        if (_someoneWasBehind)
        {
            return new ConsistencyNotMetException(
                "No node proved in time what the read requires. Allow more time, a lower level, or find out why replicas are behind and the primary isn't reachable.",
                intent.Level,
                _required,
                _bestSeen)
            {
                IsTransient = true,
                Disposition = WriteDisposition.NotApplied,
                MaxStaleness = intent.Level == ConsistencyLevel.BoundedStaleness ? intent.MaxStaleness : null,
                BestAge = _bestAge,
                Shard = shard,
                Region = _lastRegion,
                Operation = operation.Name,
                Attempts = _attempts,
            };
        }

        if (_attempts == 0)
        {
            return NobodyMayAnswer(topology);
        }

        if (_throttling is not null && !_metMoreThanThrottling)
        {
            return new ThrottledException("No node had room for the read in time: its connections were taken, or it was out of something. Try again later, or lower the load.", _throttling)
            {
                IsTransient = true,
                Disposition = WriteDisposition.NotApplied,
                Shard = shard,
                Region = _lastRegion,
                Operation = operation.Name,
                Attempts = _attempts,
            };
        }

        return new DeadlineExceededException("No node answered in time.", _lastFault)
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = shard,
            Region = _lastRegion,
            Operation = operation.Name,
            Attempts = _attempts,
        };
    }

    private NoEligibleRegionException NobodyMayAnswer(ShardTopology topology) =>
        new(
            "No endpoint may answer this read; the counts say why.", Eligibility.Excluded(topology, intent.Level, intent.Only, intent.Nodes, intent.Labels))
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = engine.Shard.Definition.Id,
            Operation = operation.Name,
        };
}
