using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Health;

internal sealed partial class ShardMonitor
{
    private int _historyReaders;

    /// <summary>
    /// The first probe of a node, when it is its turn, and then one more: the first one opened a connection, which takes several round trips, so that
    /// a near node would look far until the next probe. The second one's turn comes after everybody's first.
    /// </summary>
    private async Task MeetAsync(ShardNode node, int rank, CancellationToken cancellationToken)
    {
        await ProbeInTurnAsync(node, rank, cancellationToken).ConfigureAwait(false);
        if (node.Vitals.RoundTrip is not null)
        {
            await ProbeInTurnAsync(node, rank + _shard.Nodes.Length, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ProbeInTurnAsync(ShardNode node, int rank, CancellationToken cancellationToken)
    {
        await _contacts.EnterAsync(rank, cancellationToken).ConfigureAwait(false);
        var probe = ProbeAsync(node, cancellationToken);
        await _runtime.PauseAsync(probe, FirstContacts.Longest, cancellationToken).ConfigureAwait(false);
        _contacts.Leave(tookLong: !probe.IsCompleted);
        await probe.ConfigureAwait(false);
    }

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

        var end = _runtime.Now + FirstContacts.Longest;
        while (_board[_shard.Index].History is null && Volatile.Read(ref _historyReaders) > 0)
        {
            var replaced = _board.ReplacedOf(_shard.Index);
            var left = end - _runtime.Now;
            if (_board[_shard.Index].History is not null || left <= TimeSpan.Zero)
            {
                return;
            }

            await _runtime.PauseAsync(replaced, left, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
