using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>Makes a node's claim of what it says of itself, and reads its whole history where that is news.</summary>
internal sealed class ClaimReader(LiveShard shard, NodeClaims claims, TopologyBoard board, EngineRuntime runtime, HealthPolicy policy, ILogger logger)
{
    private int _historyReaders;

    /// <summary>The node's claim, with its whole history where that is news.</summary>
    public async Task<(NodeClaim Claim, string? Problem)> ReadAsync(ShardNode node, NodeObservation observation, CancellationToken cancellationToken)
    {
        var previous = claims[node.Definition.Index];
        await LetOthersReadAsync(observation, cancellationToken).ConfigureAwait(false);
        if (!observation.NeedsHistory && IsKnown(previous, observation))
        {
            return (
                previous is { Log: { } log } && log.Id == observation.History
                    ? previous with { IsPrimary = observation.IsPrimary }
                    : new NodeClaim(observation.IsPrimary, observation.History, null),
                null);
        }

        Interlocked.Increment(ref _historyReaders);
        try
        {
            var history = await runtime.WithinAsync(
                policy.ProbeTimeout, node.Store, static (store, token) => store.ReadHistoryAsync(token), cancellationToken).ConfigureAwait(false);
            return (new NodeClaim(observation.IsPrimary, history.Id, history), null);
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.HistoryUnreadable(logger, shard.Definition.Name, node.Definition.Name, ShardPublisher.Reason(exception));
            var claim = new NodeClaim(observation.IsPrimary, observation.NeedsHistory ? default : observation.History, null);
            return (claim, (exception as StoreFaultException)?.Setup);
        }
        finally
        {
            Interlocked.Decrement(ref _historyReaders);
        }
    }

    /// <summary>
    /// Whether the claim needs no reading: a primary's history was read before; a replica's is known, or it can't name one yet.
    /// </summary>
    private bool IsKnown(NodeClaim? previous, NodeObservation observation) =>
        previous?.Log?.Id == observation.History && previous.Log is not null
        || (!observation.IsPrimary && (observation.History.IsNone || board[shard.Index].History?.SharedWith(observation.History) is not null));

    /// <summary>
    /// Of several replicas that are met while nothing is known, one reads the history, which takes a replication connection of those that a server has few of; the others wait a
    /// moment for what it finds.
    /// </summary>
    private async Task LetOthersReadAsync(NodeObservation observation, CancellationToken cancellationToken)
    {
        if (observation.IsPrimary || observation.NeedsHistory || observation.History.IsNone)
        {
            return;
        }

        var end = runtime.Now + FirstContacts.Longest;
        while (board[shard.Index].History is null && Volatile.Read(ref _historyReaders) > 0)
        {
            var replaced = board.ReplacedOf(shard.Index);
            var left = end - runtime.Now;
            if (board[shard.Index].History is not null || left <= TimeSpan.Zero)
            {
                return;
            }

            await runtime.PauseAsync(replaced, left, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
