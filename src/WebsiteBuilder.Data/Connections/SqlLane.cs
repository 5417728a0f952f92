using System.Data;
using System.Data.Common;
using System.Runtime.ExceptionServices;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Connections;

/// <summary>
/// One open connection on its way through the tier: which node it leads to, what it has shown, and what the session learns from that.
/// Not thread-safe.
/// </summary>
internal sealed partial class SqlLane(SqlScope scope, ISqlLink link, ShardNode node)
{
    private readonly Exposure _exposure = new(scope.Engine.Shard.Definition.Id, link.Opened.History, node.Definition.Index);
    private DbDataReader? _reader;
    private IDisposable? _watch;
    private bool _closed;
    private bool _mayHaveCommitted;

    public DbConnection Connection => link.Connection;

    public ShardNode Node => node;

    /// <summary>Has it reported if the connection isn't closed for long.</summary>
    public void Watch() => _watch = scope.Engine.HeldConnections?.Watch(node.Definition.Name, scope.DataSet, () => _reader is { IsClosed: false });

    public bool IsUsable => !_closed && link.Connection.State == ConnectionState.Open;

    /// <summary>The durability that the last commit reached.</summary>
    public WriteDurability Reached { get; private set; }

    /// <summary>Runs a statement, or several.</summary>
    /// <param name="state">For the call.</param>
    /// <param name="call">Runs it.</param>
    /// <param name="commits">Whether it commits by itself, there being no transaction.</param>
    /// <param name="async">Whether to await.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="behindReader">What to do when the reader that it returns is closed.</param>
    public async ValueTask<T> RunAsync<TState, T>(
        TState state,
        Func<TState, bool, CancellationToken, ValueTask<T>> call,
        bool commits,
        bool async,
        CancellationToken cancellationToken,
        Action? behindReader = null)
    {
        if (commits)
        {
            RequirePrimary();
            await FollowAsync(async, cancellationToken).ConfigureAwait(false);
        }

        node.Vitals.Began();
        try
        {
            _mayHaveCommitted |= commits;
            var result = await call(state, async, cancellationToken).ConfigureAwait(false);
            scope.Engine.Monitor.Worked(node);
            if (result is DbDataReader reader)
            {
                Follow(reader, behindReader);
            }

            return result;
        }
        catch (Exception exception) when (!IsUsable)
        {
            scope.Engine.Monitor.Saw(node, worked: false);
            if (commits && scope.Writes && exception is not OperationCanceledException)
            {
                throw SqlErrors.Ambiguous(scope, node, exception);
            }

            throw;
        }
        finally
        {
            node.Vitals.Ended();
            if (scope.Counts)
            {
                // Only now: what is settled while the statement runs doesn't cover what it is about to show. A refusal shows something, too.
                scope.Session.Exposed(_exposure);
            }
        }
    }

    /// <summary>Learns the position behind statements that committed by themselves. If the node can't say now, the session asks later.</summary>
    /// <param name="rows">Whether rows were shown too, which may be newer than what was written.</param>
    /// <param name="async">Whether to await.</param>
    public async ValueTask NotePositionAsync(bool rows, bool async)
    {
        if (!IsUsable || _reader is not null)
        {
            return;
        }

        var mark = _exposure.Mark;
        try
        {
            // What was committed stands, whoever has lost interest meanwhile.
            Learn(await link.PositionAsync(async, CancellationToken.None).ConfigureAwait(false), rows);
            _exposure.SettledUpTo(mark);
        }
        catch (StoreFaultException fault)
        {
            Note(fault);
        }
    }

    /// <summary>Commits the open transaction of a connection that writes.</summary>
    public async ValueTask CommitAsync(bool async, CancellationToken cancellationToken)
    {
        RequirePrimary();
        _mayHaveCommitted = true;
        var mark = _exposure.Mark;
        node.Vitals.Began();
        try
        {
            Learn(await link.CommitAsync(Follows(), async, cancellationToken).ConfigureAwait(false), rows: true);
            _exposure.SettledUpTo(mark);
            scope.Engine.Monitor.Worked(node);
        }
        catch (StoreFaultException fault) when (fault.Disposition == WriteDisposition.Applied)
        {
            // Committed; only its position isn't known yet.
            scope.Session.Exposed(_exposure);
            Note(fault);
        }
        catch (StoreFaultException fault)
        {
            Note(fault);
            cancellationToken.ThrowIfCancellationRequested();
            if (fault.Disposition == WriteDisposition.Ambiguous)
            {
                throw SqlErrors.Ambiguous(scope, node, fault.InnerException ?? fault);
            }

            ExceptionDispatchInfo.Throw(fault.InnerException ?? fault);
        }
        finally
        {
            node.Vitals.Ended();
        }
    }

    private void Follow(DbDataReader reader, Action? behindReader)
    {
        _reader = reader;
        _exposure.BeginReading();
        link.WhenClosed(reader, () =>
        {
            _reader = null;
            _exposure.EndReading();
            behindReader?.Invoke();
        });
    }

    private void Learn(TransactionCommit commit, bool rows)
    {
        var engine = scope.Engine;
        var shard = engine.Shard.Definition.Id;
        var stamp = link.Opened;
        if (_mayHaveCommitted)
        {
            _mayHaveCommitted = false;
            Reached = commit.Write.Reached;
            engine.Shard.Acknowledge(stamp.History, commit.Write);
            scope.Session.Wrote(shard, stamp.History, commit.Write.Position, null, engine.Runtime.Now);
        }

        if (rows)
        {
            scope.Session.SawRead(shard, stamp.History, stamp with { Hi = commit.Shown }, node.Definition.Index, engine.Runtime.Now);
        }
    }

    /// <summary>What a transaction must not be visible before. It costs nothing to ask, and users may have set any durability.</summary>
    private Following? Follows() => scope is { Writes: true, Counts: true } ? WritesFollowReads.Of(scope.Engine, scope.Session, scope.Engine.Topology) : null;

    /// <summary>Has the next statement wait for what the session has seen at replicas, unless it waits for as much anyway.</summary>
    private async ValueTask FollowAsync(bool async, CancellationToken cancellationToken)
    {
        // While a reader is open nothing else can run, as the user's own statement will say.
        if (scope is not { Write: { } write, Counts: true } || !IsUsable || _reader is not null
            || WritesFollowReads.Of(scope.Engine, scope.Session, scope.Engine.Topology, write.Durability) is not { } follows)
        {
            return;
        }

        try
        {
            await link.FollowAsync(follows, async, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreFaultException fault)
        {
            Note(fault);
            cancellationToken.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(fault.InnerException ?? fault);
        }
    }

    /// <summary>A connection that writes must not outlive its node's being primary, as far as this client knows.</summary>
    private void RequirePrimary()
    {
        var topology = scope.Engine.Topology;
        if (scope.Writes && (topology.Primary != node.Definition.Index || topology.History?.Id != link.Opened.History))
        {
            throw SqlErrors.NoLongerPrimary(scope, topology, node);
        }
    }

    private void Note(StoreFaultException fault)
    {
        if (fault.BlamesNode)
        {
            scope.Engine.Monitor.Saw(node, worked: false);
        }
    }
}
