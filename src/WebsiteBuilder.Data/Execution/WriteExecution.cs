using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// One write at the primary of the current history. It is sent again only when it surely was not and never will be applied. What became of
/// an attempt whose answer is missing is asked by its operation row; without one, or without an answer in time, it is ambiguous.
/// </summary>
internal sealed partial class WriteExecution<TOperation>(
    ShardEngine engine, TOperation operation, SessionState session, WriteIntent intent, CancellationToken cancellationToken)
    where TOperation : IWriteOperation
{
    private readonly TimeSpan _deadline = engine.Runtime.Now + intent.Timeout;
    private int _attempts;
    private int _abandoned;
    private int _contradicted;
    private bool _refreshed;
    private bool _waits;
    private ShardTopology? _owes;
    private Exception? _lastFault;

    private TimeSpan Remaining => _deadline - engine.Runtime.Now;

    private WriteDurability Durability => operation.AtLeast > intent.Durability ? operation.AtLeast : intent.Durability;

    public async Task<WriteResult> RunAsync()
    {
        try
        {
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

                if (!topology.IsWritable || !await MayFollowAsync(topology).ConfigureAwait(false))
                {
                    Queue(topology);
                    await PauseAsync(replaced, Remaining).ConfigureAwait(false);
                    continue;
                }

                if (_owes is { } failed && engine.HasSamePrimary(failed) && engine.Retries?.TryTake(engine.Shard.AskedLately(engine.Runtime.Now), engine.Runtime.Now) == false)
                {
                    await PauseAsync(replaced, engine.Runtime.Jitter(AttemptPolicy.MaxPause)).ConfigureAwait(false);
                    continue;
                }

                Unqueue();
                var known = _abandoned + _contradicted;
                if (await AttemptAsync(topology).ConfigureAwait(false) is { } result)
                {
                    return result;
                }

                // Those that contradicted each other say nothing against the node, and pause in any case.
                _owes = known < _abandoned + _contradicted ? null : topology;

                // Whoever knows that nothing stands in the way needn't wait for another topology. Those that contradicted each other shouldn't meet again.
                var pause = known < _abandoned + _contradicted ? engine.Runtime.Jitter(AttemptPolicy.PauseAfter(known)) : AttemptPolicy.MaxPause;
                await PauseAsync(replaced, pause).ConfigureAwait(false);
            }
        }
        finally
        {
            Unqueue();
        }
    }

    /// <summary>While no primary takes writes they wait for one, as many as there is room for.</summary>
    private void Queue(ShardTopology topology)
    {
        if (!_waits && !topology.IsWritable && engine.Waiting is { } waiting)
        {
            if (!waiting.TryEnter())
            {
                throw Crowded();
            }

            _waits = true;
        }
    }

    private void Unqueue()
    {
        if (_waits)
        {
            engine.Waiting!.Leave();
            _waits = false;
        }
    }

    /// <summary>A write follows what its session has seen: if part of that is lost, the write would build on nothing.</summary>
    private async ValueTask<bool> MayFollowAsync(ShardTopology topology)
    {
        try
        {
            session.RequirementFor(engine.Shard.Definition.Id, topology.History!, null);
            return true;
        }
        catch (UnknownHistoryException) when (!_refreshed)
        {
            _refreshed = true;
            await PauseAsync(engine.Monitor.RefreshAsync(), Remaining).ConfigureAwait(false);
            return engine.Topology == topology && await MayFollowAsync(topology).ConfigureAwait(false);
        }
        catch (UnknownHistoryException)
        {
            throw UnknownHistory();
        }
    }

    private async ValueTask<WriteResult?> AttemptAsync(ShardTopology topology)
    {
        var node = engine.Shard.Nodes[topology.Primary];
        var history = topology.History!;
        var rows = intent.Resolvable && node.Store is IOperationStore ? new OperationRows(OperationIds.Next(engine.Runtime), intent.Key) : (OperationRows?)null;
        AfterFault next;
        Exception unclear;
        _attempts++;
        node.Vitals.Began();
        try
        {
            var write = await SendAsync(topology, node, rows).ConfigureAwait(false);
            engine.Monitor.Worked(node);
            return Applied(node, history, write);
        }
        catch (StoreFaultException fault)
        {
            if ((fault.Kind == StoreFaultKind.Conflict || fault.Disposition == WriteDisposition.Applied) && fault.Position > 0)
            {
                // The refusal shows what is there, or the write stands though something failed behind it: reading again must show it.
                session.Wrote(engine.Shard.Definition.Id, history, fault.Position, null, engine.Runtime.Now);
            }

            if (fault.BlamesNode)
            {
                engine.Monitor.Saw(node, worked: false);
            }

            (next, unclear) = (AfterFaults.Decide(fault, rows, operation.Repeats), fault);
        }
        catch (TimeoutException timeout)
        {
            // The caller's time says nothing about the node: the write may have waited for another's lock. A probe will tell.
            engine.Monitor.ProbeNow();
            (next, unclear) = (operation.TryCallOff() ? CalledOff(topology) : rows is null ? AfterFault.Fail : AfterFault.Resolve, timeout);
        }
        catch (OperationCanceledException) when (operation.TryCallOff())
        {
            throw;
        }
        finally
        {
            node.Vitals.Ended();
        }

        _lastFault = unclear;
        switch (next)
        {
            case AfterFault.TooLate:
                throw Late();
            case AfterFault.SendAgain when operation.Repeats == Repetition.Never:
                throw Lost(node, unclear);
            case AfterFault.SendAgain:
                engine.Monitor.ProbeNow();
                return null;
            case AfterFault.Contradicted:
                _contradicted++;
                return null;
            case AfterFault.Resolve:
                return await ResolveAsync(rows!.Value, node, history, unclear).ConfigureAwait(false);
            case AfterFault.LookUp:
                return await LookUpAsync(rows!.Value, node, history, (StoreFaultException)unclear).ConfigureAwait(false);
            default:
                throw Failure(node, unclear);
        }
    }

    /// <summary>
    /// An attempt that can be resolved is left early enough to be, and at once when another node is primary. Any other has all the time
    /// there is.
    /// </summary>
    private Task<StoreWrite> SendAsync(ShardTopology topology, ShardNode node, OperationRows? rows)
    {
        var follows = WritesFollowReads.Of(engine, session, topology, intent.Durability);
        var state = (operation, node.Store, Guard: new WriteGuard(topology.History!.Id, intent.Durability, rows, follows));
        return rows is null
            ? engine.Runtime.WithinAsync(
                Remaining, state, static (state, token) => state.operation.RunAsync(state.Store, state.Guard, token), cancellationToken)
            : PrimaryCall.RunAsync(
                engine,
                topology,
                Remaining - AttemptPolicy.ReserveOf(Remaining),
                state,
                static (state, token) => state.operation.RunAsync(state.Store, state.Guard, token),
                cancellationToken);
    }

    /// <summary>An attempt that was left before it was sent took all its time, unless it was left because another node is primary.</summary>
    private AfterFault CalledOff(ShardTopology since)
    {
        var topology = engine.Topology;
        return topology.Primary == since.Primary && topology.History?.Id == since.History?.Id ? AfterFault.TooLate : AfterFault.SendAgain;
    }

    private WriteResult Applied(ShardNode node, LogHistory history, in StoreWrite write)
    {
        engine.Shard.Acknowledge(history.Id, write);
        session.Wrote(engine.Shard.Definition.Id, history, write.Position, operation.BlindKeyHash, engine.Runtime.Now);
        return new WriteResult(node.Definition.Region, write.Version, write.Reached);
    }

    private AmbiguousWriteException Ambiguous(ShardNode node, Exception inner) =>
        new("The connection was lost, or time ran out, while the write was on its way: it may have been applied. Read before writing again.", inner)
        {
            Disposition = WriteDisposition.Ambiguous,
            Shard = engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = operation.Name,
            Attempts = _attempts,
        };

    private async ValueTask PauseAsync(Task until, TimeSpan atMost)
    {
        var bounded = atMost < Remaining ? atMost : Remaining;
        if (bounded > TimeSpan.Zero)
        {
            await engine.Runtime.PauseAsync(until, bounded, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>What to do about an attempt that failed.</summary>
internal enum AfterFault
{
    /// <summary>The caller is told.</summary>
    Fail = 0,

    /// <summary>It surely was not applied, and another attempt may succeed.</summary>
    SendAgain = 1,

    /// <summary>It may have been applied, or its answer is missing: ask by its row.</summary>
    Resolve = 2,

    /// <summary>It was not applied, perhaps because the same write was applied before: ask by its idempotency key.</summary>
    LookUp = 3,

    /// <summary>A concurrent transaction contradicted it, and it may be run again.</summary>
    Contradicted = 4,

    /// <summary>It surely was not applied, and its time is up.</summary>
    TooLate = 5,
}

/// <summary>Decides what to do about an attempt that failed. Pure.</summary>
internal static class AfterFaults
{
    public static AfterFault Decide(StoreFaultException fault, OperationRows? rows, Repetition repeats = Repetition.WhenLost)
    {
        switch (fault.Kind)
        {
            case StoreFaultKind.WrongRole or StoreFaultKind.Unreachable when fault.Disposition == WriteDisposition.NotApplied:
                return AfterFault.SendAgain;
            case StoreFaultKind.Conflict when fault.Conflict == ConflictKind.Serialization && repeats == Repetition.WhenContradicted:
                return AfterFault.Contradicted;
            case StoreFaultKind.Conflict or StoreFaultKind.OperationKnown or StoreFaultKind.BodyFailed when rows is { Key: not null }:
                return AfterFault.LookUp;
            case StoreFaultKind.Conflict or StoreFaultKind.BodyFailed:
                return AfterFault.Fail;
            case StoreFaultKind.OperationKnown:
                return AfterFault.Resolve;
        }

        return rows is not null && fault.Disposition != WriteDisposition.NotApplied ? AfterFault.Resolve : AfterFault.Fail;
    }
}
