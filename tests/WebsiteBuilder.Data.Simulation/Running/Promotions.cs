using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Changes of the primary, as operators and their scripts make them.</summary>
internal static class Promotions
{
    /// <summary>Lets one happen.</summary>
    /// <returns>What brings the shard in order again; null if it can't happen now.</returns>
    public static Action? Begin(SimulatedShard shard, Fault fault)
    {
        var old = shard.Primary;
        if (fault.Kind == FaultKind.PromoteSafely)
        {
            return shard.TryPromoteSafely(out _, out _) ? () => Settle(shard) : null;
        }

        if (Candidate(shard, fault.Node) is not { } next || (fault.Kind == FaultKind.SwitchOver && !old.IsUp))
        {
            return null;
        }

        switch (fault.Kind)
        {
            case FaultKind.SwitchOver:
                shard.SwitchOver(next.Name);
                return static () => { };
            case FaultKind.PromoteAfterDeath:
                old.Kill();
                shard.Promote(next.Name);
                break;
            case FaultKind.PromoteBesideOld:
                shard.Promote(next.Name);
                break;
            default:
                if (Candidate(shard, fault.Other, except: next) is not { } twin)
                {
                    return null;
                }

                old.Kill();
                shard.PromoteAlone(twin.Name);
                shard.PromoteAlone(next.Name);
                break;
        }

        return () => Settle(shard);
    }

    /// <summary>Makes whatever doesn't follow the primary a fresh replica of it.</summary>
    public static void Settle(SimulatedShard shard)
    {
        if (!shard.Primary.IsUp)
        {
            shard.Primary.Restart();
        }

        foreach (var node in shard.Nodes)
        {
            if (node != shard.Primary && (node.IsPrimary || node.Source != shard.Primary || node.Log != shard.Primary.Log))
            {
                shard.Rejoin(node.Name);
            }
        }
    }

    /// <summary>A running replica that follows the primary, the first from an index on.</summary>
    private static SimulatedNode? Candidate(SimulatedShard shard, int from, SimulatedNode? except = null)
    {
        for (var i = 0; i < shard.Nodes.Count; i++)
        {
            var node = shard.Nodes[(from + i) % shard.Nodes.Count];
            if (node != except && node is { IsUp: true, IsPrimary: false, IsComplete: true } && node.Log == shard.Primary.Log)
            {
                return node;
            }
        }

        return null;
    }
}
