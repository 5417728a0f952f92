using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Diagnostics;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Puts what is learnt of a shard's nodes on the board, and does what follows from a change: says so, drains nodes that went out of use, and leaves behind what a new history made void.
/// </summary>
internal sealed class ShardPublisher(LiveShard shard, NodeClaims claims, TopologyBoard board, EngineRuntime runtime, ILogger logger)
{
    // Messages of drivers name hosts; kinds don't.
    public static string Reason(Exception exception) => exception is StoreFaultException fault ? fault.Kind.ToString() : "no answer in time";

    /// <summary>A node said what it is, asked with that number.</summary>
    public void Claimed(ShardNode node, NodeClaim claim, long asked)
    {
        if (!claims.TryReplace(node.Definition.Index, claim, asked))
        {
            return;
        }

        // The claims are read under the board's lock, so that what is decided last has seen all of them.
        var (before, after) = board.Change(shard.Index, known => TopologyRules.Decide(known, claims.ToArray(), shard.AcknowledgedAtQuorum, node.Definition.Index));
        if (!ReferenceEquals(before, after))
        {
            Announce(before, after);
        }
    }

    public void Health(ShardNode node, EndpointHealth health)
    {
        var (before, after) = board.Change(
            shard.Index,
            known => known.Health[node.Definition.Index] == health ? known : known.WithHealth(node.Definition.Index, health));
        if (!ReferenceEquals(before, after))
        {
            Log.HealthChanged(logger, shard.Definition.Name, node.Definition.Name, health);
            if (health == EndpointHealth.Unhealthy)
            {
                node.Store.Drain();
            }
        }
    }

    public void SetAside(ShardNode node, bool isSetAside)
    {
        var (before, after) = board.Change(
            shard.Index,
            known => known.SetAside[node.Definition.Index] == isSetAside ? known : known.WithSetAside(node.Definition.Index, isSetAside));
        if (!ReferenceEquals(before, after))
        {
            Log.SetAside(logger, shard.Definition.Name, node.Definition.Name, isSetAside ? "set aside: its answers take much longer than its peers'" : "no longer set aside");
        }
    }

    public void Problem(ShardNode node, string? problem)
    {
        var (before, after) = board.Change(
            shard.Index,
            known => known.Problems[node.Definition.Index] == problem ? known : known.WithProblem(node.Definition.Index, problem));
        if (!ReferenceEquals(before, after) && problem is not null)
        {
            Log.SetUpWrongly(logger, shard.Definition.Name, node.Definition.Name, problem);
        }
    }

    public void Position(ShardNode node, NodeObservation observation)
    {
        var history = board[shard.Index].History;
        if (history is null || observation.History.IsNone || history.SharedWith(observation.History) is not { } end || observation.Position > end)
        {
            return;
        }

        shard.NotePosition(node, observation.Position, runtime.Now);
    }

    private void Announce(ShardTopology before, ShardTopology after)
    {
        var name = shard.Definition.Name;
        if (after.History is { } current && before.History?.Id != current.Id)
        {
            var end = before.History is { } old ? current.CommonEnd(old) ?? 0 : ulong.MaxValue;
            if (shard.Acknowledged > end)
            {
                Log.WritesLost(logger, name, end, shard.Acknowledged, current.Id.ToString());
            }

            shard.Enter(current.Id, end);
        }

        foreach (var node in shard.Nodes)
        {
            var endpoint = node.Definition.Index;
            if ((before.Primary == endpoint && after.Primary >= 0 && after.Primary != endpoint)
                || (before.Roles[endpoint] != EndpointRole.Superseded && after.Roles[endpoint] == EndpointRole.Superseded))
            {
                node.Store.Drain();
            }
        }

        if (before.State != after.State || before.Primary != after.Primary || before.History?.Id != after.History?.Id)
        {
            var primary = after.Primary < 0 ? "none" : shard.Definition.Endpoints[after.Primary].Name;
            Log.TopologyChanged(logger, name, after.State, primary, after.History?.Id.ToString() ?? "unknown");
            if (after.State is ShardState.TwinPrimaries or ShardState.HistoryRefused)
            {
                Log.WritesStopped(logger, name, after.State);
            }
        }
    }
}
