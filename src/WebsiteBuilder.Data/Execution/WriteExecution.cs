using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// One write at the primary of the current history. It is sent again only when it surely was not applied; anything unclear is reported
/// as ambiguous.
/// </summary>
internal sealed class WriteExecution<TOperation>(
    ShardEngine engine, TOperation operation, SessionState session, WriteIntent intent, CancellationToken cancellationToken)
    where TOperation : IWriteOperation
{
    private readonly TimeSpan _deadline = engine.Runtime.Now + intent.Timeout;
    private int _attempts;
    private bool _refreshed;
    private StoreFaultException? _lastFault;

    private TimeSpan Remaining => _deadline - engine.Runtime.Now;

    public async Task<WriteResult> RunAsync()
    {
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

            if (!topology.IsWritable || !await MayFollowAsync(topology).ConfigureAwait(false))
            {
                await PauseAsync(replaced, Remaining).ConfigureAwait(false);
                continue;
            }

            if (await AttemptAsync(topology).ConfigureAwait(false) is { } result)
            {
                return result;
            }

            await PauseAsync(replaced, AttemptPolicy.MaxPause).ConfigureAwait(false);
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
            throw new InvalidSessionTokenException(
                "The session token names a history of the shard's log that nobody knows: the database was made anew, or the token is for another one. Open a new session.")
            {
                Shard = engine.Shard.Definition.Id,
                Operation = operation.Name,
            };
        }
    }

    private async ValueTask<WriteResult?> AttemptAsync(ShardTopology topology)
    {
        var node = engine.Shard.Nodes[topology.Primary];
        var history = topology.History!;
        _attempts++;
        node.Vitals.Began();
        try
        {
            var write = await engine.Runtime.WithinAsync(
                Remaining,
                (operation, node.Store, new WriteGuard(history.Id, intent.Durability)),
                static (state, token) => state.operation.RunAsync(state.Store, state.Item3, token),
                cancellationToken).ConfigureAwait(false);
            engine.Monitor.Worked(node);
            engine.Shard.Acknowledge(history.Id, write.Position, write.Reached);
            session.Wrote(engine.Shard.Definition.Id, history, write.Position, operation.BlindKeyHash, engine.Runtime.Now);
            return new WriteResult(node.Definition.Region, write.Version, write.Reached);
        }
        catch (StoreFaultException fault)
        {
            if ((fault.Kind == StoreFaultKind.Conflict || fault.Disposition == WriteDisposition.Applied) && fault.Position > 0)
            {
                // The refusal shows what is there, or the write stands though something failed behind it: reading again must show it.
                session.Wrote(engine.Shard.Definition.Id, history, fault.Position, null, engine.Runtime.Now);
            }

            Failed(fault, node);
            return null;
        }
        catch (TimeoutException timeout)
        {
            // The caller's time says nothing about the node: the write may have waited for another's lock. A probe will tell.
            engine.Monitor.ProbeNow();
            throw Ambiguous(node, timeout);
        }
        finally
        {
            node.Vitals.Ended();
        }
    }

    /// <summary>Throws unless the write can be sent again.</summary>
    private void Failed(StoreFaultException fault, ShardNode node)
    {
        _lastFault = fault;
        if (fault.BlamesNode)
        {
            engine.Monitor.Saw(node, worked: false);
        }

        switch (fault.Kind)
        {
            case StoreFaultKind.WrongRole or StoreFaultKind.Unreachable when fault.Disposition == WriteDisposition.NotApplied:
                engine.Monitor.ProbeNow();
                return;
            case StoreFaultKind.Conflict:
                throw new ConflictException(Describe(fault.Conflict), fault.Conflict, fault.InnerException)
                {
                    Constraint = fault.Constraint,
                    IsTransient = fault.Conflict == ConflictKind.Serialization,
                    Shard = engine.Shard.Definition.Id,
                    Region = node.Definition.Region,
                    Operation = operation.Name,
                    Attempts = _attempts,
                };
            case StoreFaultKind.Throttled when fault.Disposition == WriteDisposition.NotApplied:
                throw new ThrottledException("The primary has no room for another connection or operation. Try again later, or lower the load.", fault.InnerException)
                {
                    IsTransient = true,
                    Disposition = WriteDisposition.NotApplied,
                    Shard = engine.Shard.Definition.Id,
                    Region = node.Definition.Region,
                    Operation = operation.Name,
                    Attempts = _attempts,
                };
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (fault.Disposition == WriteDisposition.Ambiguous)
        {
            throw Ambiguous(node, fault);
        }

        throw new StoreFailureException("The store refused the write; the inner error says why.", fault.InnerException ?? fault)
        {
            Code = fault.Code,
            Disposition = fault.Disposition,
            Shard = engine.Shard.Definition.Id,
            Region = node.Definition.Region,
            Operation = operation.Name,
            Attempts = _attempts,
        };
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

    private static string Describe(ConflictKind kind) => kind switch
    {
        ConflictKind.AlreadyExists => "The key, or another unique value, exists already.",
        ConflictKind.NotFound => "Nothing has the key.",
        ConflictKind.VersionMismatch => "The stored version is not the expected one: read again, and write on top of that.",
        ConflictKind.Serialization => "A concurrent transaction contradicts this one; the same call may succeed now.",
        _ => "A constraint of the schema forbids the write.",
    };

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
        if (_attempts == 0)
        {
            return new NoEligibleRegionException(
                "The shard has no primary that may take writes; the counts say why.", Eligibility.Excluded(topology, ConsistencyLevel.Strong, default))
            {
                IsTransient = true,
                Disposition = WriteDisposition.NotApplied,
                Shard = engine.Shard.Definition.Id,
                Operation = operation.Name,
            };
        }

        return new DeadlineExceededException("The primary took no write in time; nothing was applied.", _lastFault)
        {
            IsTransient = true,
            Disposition = WriteDisposition.NotApplied,
            Shard = engine.Shard.Definition.Id,
            Operation = operation.Name,
            Attempts = _attempts,
        };
    }
}
