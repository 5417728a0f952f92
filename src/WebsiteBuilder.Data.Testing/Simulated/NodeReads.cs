using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Stores.PostgreSql;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// Reads of one client at one node. What the node says, and what the client makes of it, are apart, as the network is between them; the latter uses what the
/// PostgreSQL store uses, so that a simulated answer proves no more than a real one.
/// </summary>
internal sealed class NodeReads(SimulatedShard shard, SimulatedNode node)
{
    private readonly NodeProofs _proofs = new();

    /// <summary>What a read is to ask. Take it before it is sent.</summary>
    public ReadQuestion Ask(ReadGuard guard, ClientConnection connection) => _proofs.Ask(guard, connection.Run, shard.Now);

    /// <summary>At the node: who it is, and what is flushed there.</summary>
    public (LoStamp Lo, ulong Flushed) Look()
    {
        lock (shard.Lock)
        {
            shard.NoteIdle(node);
            return (NodeLooks.Lo(node, shard.Now), node.IsPrimary ? node.Log.Flushed : 0);
        }
    }

    /// <summary>At the client: what that means.</summary>
    public NodeObservation Observation((LoStamp Lo, ulong Flushed) look) => _proofs.Observation(look.Lo, look.Flushed);

    /// <summary>At the node: its history, which a primary names if nobody has.</summary>
    /// <exception cref="StoreFaultException">A replica hasn't replayed its history's name yet.</exception>
    public (LogHistory History, ulong Reach) History()
    {
        if (node.IsPrimary)
        {
            shard.NameHistory(node);
        }

        lock (shard.Lock)
        {
            return NodeLooks.History(node, shard.Now);
        }
    }

    /// <summary>At the client.</summary>
    public LogHistory Confirmed((LogHistory History, ulong Reach) told)
    {
        _proofs.Confirm(told.History.Id, told.Reach);
        return told.History;
    }

    /// <summary>At the node: the rows between the two looks, which time may pass between.</summary>
    public async Task<RawRead<T>> RunAsync<T>(ReadQuestion question, ClientConnection connection, Func<RowSet, T> read, long incarnation)
    {
        Connect(question, connection, incarnation);
        if (node.CancelsRead())
        {
            throw Faults.ReplayConflict();
        }

        if (!node.SplitsRead())
        {
            lock (shard.Lock)
            {
                shard.NoteIdle(node);
                var (lo, proof) = Before(question);
                return new RawRead<T>(read(node.Rows), lo, NodeLooks.Hi(node, shard.Now), proof);
            }
        }

        LoStamp? before;
        VisibilityProof? proven;
        lock (shard.Lock)
        {
            (before, proven) = Before(question);
        }

        await shard.PauseAsync().ConfigureAwait(false);
        T value;
        lock (shard.Lock)
        {
            node.RequireRunningSince(incarnation, SimulatedOperations.Reads);
            value = read(node.Rows);
        }

        await shard.PauseAsync().ConfigureAwait(false);
        lock (shard.Lock)
        {
            node.RequireRunningSince(incarnation, SimulatedOperations.Reads);
            return new RawRead<T>(value, before, NodeLooks.Hi(node, shard.Now), proven);
        }
    }

    /// <summary>At the client: what the answer proves.</summary>
    /// <exception cref="StoreFaultException">The node was promoted, or followed another, during the read.</exception>
    public StoreRead<T> Stamped<T>(RawRead<T> read, in ReadQuestion question, ClientConnection connection)
    {
        var run = connection.Run;
        try
        {
            return new StoreRead<T>(read.Value, _proofs.Stamp(question, read.Lo, read.Hi, read.Proof, ref run));
        }
        finally
        {
            connection.Run = run;
        }
    }

    /// <summary>A read on a connection to a server that is gone is lost, if it relied on that. Any other one would have found that out before, and come on a new connection.</summary>
    private static void Connect(in ReadQuestion question, ClientConnection connection, long incarnation)
    {
        if (connection.Incarnation == incarnation)
        {
            return;
        }

        if (question.Known is not null)
        {
            throw Faults.Lost(SimulatedOperations.Reads);
        }

        connection.Incarnation = incarnation;
        connection.Run = null;
    }

    private (LoStamp? Lo, VisibilityProof? Proof) Before(in ReadQuestion question) => (
        question.Known is null ? NodeLooks.Lo(node, shard.Now) : null,
        question.Proves ? NodeLooks.Proof(node) : null);
}
