using System.Data;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// A transaction as the primary keeps it: what it sees, what it has changed, and what it has locked. Writes lock their rows and unique values at once, as in PostgreSQL, so
/// that what was found possible stays so until the commit. Under the shard's lock.
/// </summary>
internal sealed class NodeTransaction(SimulatedCluster cluster, SimulatedNode node, HistoryId history, IsolationLevel isolation) : IStagedWriteVisitor<bool>
{
    private readonly List<RowChange> _changes = [];
    private readonly List<(RowSelection Selection, IReadOnlyList<KeyedRow> Rows)> _seen = [];
    private RowSet? _snapshot;
    private long? _incarnation;
    private NodeTransaction? _waitsFor;
    private bool _ended;

    /// <summary>What others have committed, as far as the isolation level lets it show.</summary>
    private RowSet Committed => isolation == IsolationLevel.ReadCommitted ? node.Rows : _snapshot ??= node.Rows.Copy();

    /// <summary>A message of the transaction arrives, or it looks again.</summary>
    /// <exception cref="StoreFaultException">The server was started anew since its beginning, rolled it back, or isn't the primary.</exception>
    public void Require(long incarnation, SimulatedOperations operation)
    {
        node.RequireRunningSince(_incarnation ??= incarnation, operation);
        if (_ended)
        {
            throw Faults.Lost(operation);
        }

        if (!node.IsPrimary || node.IsFenced || node.Log.History?.Id != history)
        {
            throw Faults.WrongRole();
        }

        _waitsFor = null;
        _ = Committed;
    }

    /// <summary>Reads; null while another transaction has a row that is to be locked.</summary>
    public IReadOnlyList<KeyedRow>? TryRead(RowSelection selection, RowLock rowLock)
    {
        if (isolation == IsolationLevel.Serializable)
        {
            _seen.Add((selection, selection.From(Committed)));
        }

        if (rowLock == RowLock.None)
        {
            return selection.From(WithOwn(Committed));
        }

        var found = selection.From(
            WithOwn(Committed), key => rowLock != RowLock.UpdateSkippingLocked || !IsHeldByOthers(selection.Table, key));
        foreach (var (key, _) in found)
        {
            if (MustWaitFor(LockName.Of(selection.Table, key)) || node.Pending.Block(key))
            {
                return null;
            }

            RequireUnchanged(selection.Table, key);
        }

        foreach (var (key, _) in found)
        {
            node.Locks.Take(LockName.Of(selection.Table, key), this);
        }

        return found;
    }

    /// <summary>Carries out a staged write for itself; false while another transaction is in the way.</summary>
    /// <exception cref="StoreFaultException">What is stored contradicts it; it is named.</exception>
    public bool TryWrite(StagedWrite write)
    {
        try
        {
            return write.Accept(this);
        }
        catch (StoreFaultException fault) when (fault.Kind is StoreFaultKind.Conflict or StoreFaultKind.Rejected)
        {
            throw fault.At(write.Name);
        }
    }

    public bool Visit<TEntity, TKey>(EntityMap<TEntity, TKey> map, in EntityWrite<TEntity, TKey> write)
        where TEntity : class
        where TKey : notnull
    {
        var key = WriteDecision.KeyOf(map, write.Key);
        if (MustWaitFor(LockName.Of(map.Table, key)) || node.Pending.Block(key))
        {
            return false;
        }

        if (write.Kind != EntityWriteKind.Insert)
        {
            RequireUnchanged(map.Table, key);
        }

        var before = node.Log.End;
        var decision = WriteDecision.Of(map, key, write, WithOwn(node.Rows), cluster.RulesOf(map.Table), before);
        if (decision.Unmatched != ConflictKind.Unspecified)
        {
            throw WriteDecision.NothingMatched(decision.Unmatched, before);
        }

        return decision.Change is not { } change || TryChange(change);
    }

    /// <summary>What it changes, each row once.</summary>
    /// <exception cref="StoreFaultException">It is serializable, and what it has read has changed.</exception>
    public IReadOnlyList<RowChange> Changes()
    {
        if (_changes.Count > 0 && _seen.Count > 0)
        {
            RequireSerializable();
        }

        return [.. _changes
            .GroupBy(static change => (change.Table, change.Key))
            .Select(static changes => changes.Last())];
    }

    /// <summary>Lets go of all that it has locked. What it changed is committed by then, or never will be.</summary>
    public void End()
    {
        _ended = true;
        node.Locks.Release(this);
    }

    private bool TryChange(RowChange change)
    {
        foreach (var value in change.Row?.Unique ?? [])
        {
            if (MustWaitFor(LockName.Of(value)))
            {
                return false;
            }
        }

        if (node.Pending.Block(change))
        {
            return false;
        }

        node.Locks.Take(LockName.Of(change.Table, change.Key), this);
        foreach (var value in change.Row?.Unique ?? [])
        {
            node.Locks.Take(LockName.Of(value), this);
        }

        _changes.Add(change);
        return true;
    }

    private RowSet WithOwn(RowSet rows)
    {
        if (_changes.Count == 0)
        {
            return rows;
        }

        var view = rows.Copy();
        foreach (var change in _changes)
        {
            view.Apply([change]);
        }

        return view;
    }

    private bool IsHeldByOthers(string table, string key) =>
        (node.Locks.HolderOf(LockName.Of(table, key)) is { } holder && holder != this) || node.Pending.Block(key);

    /// <summary>Whether another transaction has it. Those who wait for each other in a circle would wait forever; who closes the circle is refused.</summary>
    private bool MustWaitFor(LockName name)
    {
        if (node.Locks.HolderOf(name) is not { } holder || holder == this)
        {
            return false;
        }

        for (var next = holder; next is not null; next = next._waitsFor)
        {
            if (next == this)
            {
                throw Faults.Contradicted("40P01");
            }
        }

        _waitsFor = holder;
        return true;
    }

    /// <summary>A transaction with a snapshot changes no row that was changed behind it.</summary>
    private void RequireUnchanged(string table, string key)
    {
        if (_snapshot is not null && !ReferenceEquals(_snapshot.Find(table, key), node.Rows.Find(table, key)))
        {
            throw Faults.Contradicted("40001");
        }
    }

    /// <summary>Stricter than PostgreSQL, which refuses only what may be part of a circle.</summary>
    private void RequireSerializable()
    {
        var now = node.Rows.Copy();
        for (var i = 0; i < node.Pending.Count; i++)
        {
            now.Apply(node.Pending[i]);
        }

        foreach (var (selection, rows) in _seen)
        {
            if (!selection.From(now).Select(static row => row.Row).SequenceEqual(rows.Select(static row => row.Row), ReferenceEqualityComparer.Instance))
            {
                throw Faults.Contradicted("40001");
            }
        }
    }
}
