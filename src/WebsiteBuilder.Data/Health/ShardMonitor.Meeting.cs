namespace WebsiteBuilder.Data.Health;

internal sealed partial class ShardMonitor
{
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

    /// <summary>Whether it stands in line: its turn must be taken, though somebody who looked at all nodes may have met it, or those behind it would wait for ever.</summary>
    private bool HasTurn(ShardNode node) => Volatile.Read(ref _firstTurns[node.Definition.Index]) is not null;

    private async Task ProbeInTurnAsync(ShardNode node, int rank, CancellationToken cancellationToken)
    {
        await (Interlocked.Exchange(ref _firstTurns[node.Definition.Index], null) ?? _contacts.EnterAsync(rank, cancellationToken)).ConfigureAwait(false);
        var probe = ProbeAsync(node, cancellationToken);
        await _runtime.PauseAsync(probe, FirstContacts.Longest, cancellationToken).ConfigureAwait(false);
        _contacts.Leave(tookLong: !probe.IsCompleted);
        await probe.ConfigureAwait(false);
    }
}
