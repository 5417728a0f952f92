using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>What was found under an operation's id, and at which primary.</summary>
internal readonly record struct FoundOperation(StoredOperation Stored, ShardNode Node, LogHistory History);

/// <summary>
/// Asks how an operation ended, whoever is primary meanwhile, until it is answered or time is up. Asking again is harmless: whoever finds the
/// row of an earlier question gets the same answer.
/// </summary>
internal sealed class OperationResolution(ShardEngine engine, WriteDurability durability, TimeSpan deadline, CancellationToken cancellationToken)
{
    private TimeSpan Remaining => deadline - engine.Runtime.Now;

    /// <summary>The answer; null if there was none in time, or the server doesn't let us ask.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="abandon">Whether it may be given up, so that the answer is certain.</param>
    public async Task<FoundOperation?> RunAsync(Guid id, bool abandon)
    {
        for (var asked = 0; ; asked++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            engine.Monitor.ThrowIfDisposed();
            var replaced = engine.Board.ReplacedOf(engine.Shard.Index);
            var topology = engine.Topology;
            if (Remaining <= TimeSpan.Zero)
            {
                return null;
            }

            try
            {
                if (topology.IsWritable && await AskAsync(topology, id, abandon).ConfigureAwait(false) is { } found)
                {
                    return found;
                }
            }
            catch (StoreFaultException fault) when (fault.Kind == StoreFaultKind.Rejected)
            {
                return null;
            }

            var pause = AttemptPolicy.PauseAfter(asked);
            if (Remaining > TimeSpan.Zero)
            {
                await engine.Runtime.PauseAsync(replaced, pause < Remaining ? pause : Remaining, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<FoundOperation?> AskAsync(ShardTopology topology, Guid id, bool abandon)
    {
        var node = engine.Shard.Nodes[topology.Primary];
        var history = topology.History!;
        var limit = engine.Attempts.AttemptTimeout < Remaining ? engine.Attempts.AttemptTimeout : Remaining;
        node.Vitals.Began();
        try
        {
            var stored = await PrimaryCall.RunAsync(
                engine,
                topology,
                limit,
                (Store: (IOperationStore)node.Store, id, abandon, Guard: new WriteGuard(history.Id, durability)),
                static (state, token) => state.Store.ResolveAsync(state.id, state.abandon, state.Guard, token),
                cancellationToken).ConfigureAwait(false);
            engine.Monitor.Worked(node);
            return new FoundOperation(stored, node, history);
        }
        catch (StoreFaultException fault) when (fault.Kind != StoreFaultKind.Rejected)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (fault.BlamesNode)
            {
                engine.Monitor.Saw(node, worked: false);
            }

            engine.Monitor.ProbeNow();
            return null;
        }
        catch (TimeoutException)
        {
            engine.Monitor.ProbeNow();
            return null;
        }
        finally
        {
            node.Vitals.Ended();
        }
    }
}
