using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// Finds out whether a primary shows all that a session has seen at replicas. Whatever of that it doesn't show was in progress there when it was first asked; of those a replica that has what the
/// session has seen knows which have committed. Once none of these is in progress any more, the primary shows it all. So a transaction that merely takes long is nobody's obstacle, if a
/// replica can be asked.
/// </summary>
/// <param name="engine">The shard.</param>
/// <param name="topology">What its primary was asked as.</param>
/// <param name="seen">What the session has seen at replicas.</param>
/// <param name="deadline">Until when anybody is asked.</param>
internal sealed class CausalOrder(ShardEngine engine, ShardTopology topology, ulong seen, TimeSpan deadline)
{
    /// <summary>Replicas asked in one look: the nearest may be behind.</summary>
    private const int MostAsked = 2;

    private IReadOnlyList<ulong>? _hidden;
    private bool _isCertain;

    /// <summary>Looks once. False: not yet, or nobody could say.</summary>
    public async ValueTask<bool> HoldsAsync(CancellationToken cancellationToken)
    {
        var primary = engine.Shard.Nodes[topology.Primary];
        var asked = await AskAsync(primary, static (store, _, token) => store.RunningAsync(token), 0, cancellationToken).ConfigureAwait(false);
        if (asked is not { Stamp.IsPrimary: true } running || running.Stamp.History != topology.History!.Id)
        {
            return false;
        }

        _hidden = _hidden is null ? running.Value : [.. _hidden.Intersect(running.Value)];
        if (_hidden.Count > 0 && !_isCertain && await CommittedAsync(_hidden, cancellationToken).ConfigureAwait(false) is { } committed)
        {
            (_hidden, _isCertain) = (committed, true);
        }

        return _hidden.Count == 0;
    }

    private async ValueTask<IReadOnlyList<ulong>?> CommittedAsync(IReadOnlyList<ulong> running, CancellationToken cancellationToken)
    {
        var replicas = engine.Shard.Nodes
            .Where(node => topology.Roles[node.Definition.Index] == EndpointRole.Replica && node.Vitals.Health != EndpointHealth.Unhealthy)
            .OrderBy(node => node.Vitals.Position < seen)
            .ThenBy(static node => node.Vitals.RoundTrip ?? TimeSpan.MaxValue)
            .Take(MostAsked);
        foreach (var replica in replicas)
        {
            var asked = await AskAsync(
                replica, static (store, ask, token) => store.CommittedAsync(ask.running, ask.seen, token), (running, seen), cancellationToken).ConfigureAwait(false);
            if (asked is { } committed
                && ReadVerification.Judge(committed.Stamp, replica.Definition.Index, ConsistencyLevel.Session, topology.History, new Requirement(seen, seen, null, default)) == ReadVerdict.Good)
            {
                return committed.Value;
            }
        }

        return null;
    }

    private async ValueTask<StoreRead<IReadOnlyList<ulong>>?> AskAsync<TState>(
        ShardNode node, Func<ICausalStore, TState, CancellationToken, Task<StoreRead<IReadOnlyList<ulong>>>> ask, TState state, CancellationToken cancellationToken)
    {
        var left = deadline - engine.Runtime.Now;
        if (left <= TimeSpan.Zero)
        {
            return null;
        }

        var limit = left < engine.Attempts.AttemptTimeout ? left : engine.Attempts.AttemptTimeout;
        node.Vitals.Began();
        try
        {
            var answer = await engine.Runtime.WithinAsync(
                limit, (store: (ICausalStore)node.Store, ask, state), static (work, token) => work.ask(work.store, work.state, token), cancellationToken).ConfigureAwait(false);
            engine.Monitor.Worked(node);
            return answer;
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            engine.Monitor.Failed(node, exception);
            return null;
        }
        finally
        {
            node.Vitals.Ended();
        }
    }
}
