using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>Promotions that come about in several acts.</summary>
internal sealed class StagedPromotions(Stage stage)
{
    /// <summary>How long it takes at most until clients have the acknowledgement of what a primary shows.</summary>
    private static readonly TimeSpan OnTheWay = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    /// <summary>Shards that somebody puts right already.</summary>
    private readonly HashSet<int> _lacking = [];

    /// <summary>Two replicas receive nothing for half of the time; then one of them is promoted, and the other follows it.</summary>
    public Action? PromoteLacking(SimulatedShard shard, Fault fault)
    {
        if (!shard.Primary.IsUp || Followers(shard, fault.Node) is not [var first, var second, var keeper, ..] || !_lacking.Add(shard.Number))
        {
            return null;
        }

        var (old, lacks) = (shard.Primary, false);
        first.StopReceiving();
        second.StopReceiving();
        stage.At(fault.At + (fault.Lasts / 2) - OnTheWay, () => lacks = shard.Primary == old && Lacks(first, old) && Lacks(second, old));
        stage.At(fault.At + (fault.Lasts / 2), () =>
        {
            var (next, follower) = first.Replay.ReceivedCount >= second.Replay.ReceivedCount ? (first, second) : (second, first);
            first.ResumeReceiving();
            second.ResumeReceiving();
            if (shard.Primary == old && old.IsUp && lacks)
            {
                shard.Promote(next.Name);
            }
        });
        return () =>
        {
            if (shard.Primary != old && keeper is { IsUp: true, IsPrimary: false } && keeper.Log == old.Log)
            {
                keeper.Replay.ReceiveAll(old.Log);
                shard.Promote(keeper.Name);
            }

            Promotions.Settle(shard);
            _lacking.Remove(shard.Number);
        };
    }

    /// <summary>A region hears of the promotion from a replica only, and then the old primary is the only one that it can reach.</summary>
    public Action? PromoteHidden(SimulatedShard shard, Fault fault)
    {
        var (old, cut) = (shard.Primary, stage.World.Regions[fault.From]);
        var next = Followers(shard, fault.Node).FirstOrDefault(node => node.Region.ToString() != cut);
        if (next is null || !old.IsUp)
        {
            return null;
        }

        var hidden = next.Region.ToString();
        stage.Cluster.Network.CutBoth(cut, hidden);
        old.Kill();
        shard.Promote(next.Name);
        stage.At(fault.At + (fault.Lasts / 2), () =>
        {
            if (old is { IsPrimary: true, IsUp: false })
            {
                old.Restart();
            }
        });
        return () =>
        {
            stage.Cluster.Network.RestoreBoth(cut, hidden);
            Promotions.Settle(shard);
        };
    }

    /// <summary>Somebody else's client meets the new primary at once and names its history.</summary>
    public Action? PromoteStill(SimulatedShard shard, Fault fault)
    {
        if (Followers(shard, fault.Node) is not [var next, ..])
        {
            return null;
        }

        shard.Promote(next.Name);
        shard.NameHistory(next);
        var named = next.Log.NamedAt;
        SimulatedNode[] others = [.. shard.Nodes.Where(node => node.Source == next)];
        Array.ForEach(others, StopBehindName);
        return () =>
        {
            Array.ForEach(others, static node => node.ResumeReplay());
            Promotions.Settle(shard);
        };

        void StopBehindName(SimulatedNode node)
        {
            if (node.Source == next && node.Replay.Replayed >= named)
            {
                node.PauseReplay();
            }
            else if (node.Source == next && stage.Now < fault.At + fault.Lasts)
            {
                stage.At(stage.Now + Moment, () => StopBehindName(node));
            }
        }
    }

    /// <summary>Whether a replica hasn't received something that a standby has confirmed.</summary>
    private static bool Lacks(SimulatedNode replica, SimulatedNode primary)
    {
        for (var i = replica.Replay.ReceivedCount; i < primary.Log.Count; i++)
        {
            var record = primary.Log[i];
            if (record.Changes.Any(change => !primary.Pending.Block(change)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Running replicas that follow the primary, from an index on.</summary>
    private static SimulatedNode[] Followers(SimulatedShard shard, int from) =>
    [
        .. Enumerable.Range(0, shard.Nodes.Count)
            .Select(i => shard.Nodes[(from + i) % shard.Nodes.Count])
            .Where(node => node is { IsUp: true, IsPrimary: false, IsComplete: true } && node.Source == shard.Primary && node.Log == shard.Primary.Log),
    ];
}
