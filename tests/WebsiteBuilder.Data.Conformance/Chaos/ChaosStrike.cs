using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>One fault: how it is put upon the shard, and how that is undone.</summary>
internal sealed class ChaosStrike(ChaosWorld world, ChaosFault fault, Random random)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly LocalNode _primary = world.Primary;
    private readonly List<LocalNode> _struck = [];

    /// <summary>When it was done.</summary>
    public TimeSpan At { get; private set; }

    /// <summary>How many commits waited for their standbys at the moment of the kill: none of them could end any more.</summary>
    public long InCommit { get; private set; }

    /// <summary>The nodes that it befell.</summary>
    public IReadOnlyCollection<LocalNode> Struck => _struck;

    /// <summary>Whether somebody else has to become primary.</summary>
    public bool Promotes => fault is not (ChaosFault.KillReplica or ChaosFault.FreezeReplica or ChaosFault.SwallowRequests or ChaosFault.SwallowAnswers);

    /// <summary>Whether one node is gone for everybody, and all others are well.</summary>
    public bool IsOneNode => fault is ChaosFault.KillPrimary or ChaosFault.KillPrimaryAlone or ChaosFault.KillReplica or ChaosFault.FreezePrimary or ChaosFault.FreezeReplica
        or ChaosFault.CutPrimary;

    private IEnumerable<LocalNode> Standbys => world.Shard.Nodes.Where(node => node != _primary);

    public async Task StrikeAsync()
    {
        switch (fault)
        {
            case ChaosFault.KillPrimary:
                await InCommitAsync(LinkDirection.ToServer, [_primary]);
                break;
            case ChaosFault.KillPrimaryAlone:
                await InCommitAsync(LinkDirection.ToClient, [_primary]);
                break;
            case ChaosFault.KillRegion:
                await InCommitAsync(LinkDirection.ToServer, [.. world.Shard.Nodes.Where(node => node.Region == _primary.Region)]);
                break;
            case ChaosFault.KillReplica:
                _struck.Add(AnyStandby());
                At = world.Clock.Now;
                await _struck[0].KillAsync();
                break;
            case ChaosFault.FreezePrimary or ChaosFault.FreezeReplica:
                _struck.Add(fault == ChaosFault.FreezePrimary ? _primary : AnyStandby());
                At = world.Clock.Now;
                await _struck[0].FreezeAsync();
                break;
            case ChaosFault.CutPrimary:
                _struck.Add(_primary);
                At = world.Clock.Now;
                await _primary.IsolateAsync();
                break;
            case ChaosFault.SplitPrimary:
                _struck.Add(_primary);
                At = world.Clock.Now;
                foreach (var link in LinksOfOthers().Append(world.Local.Link(ChaosWorld.Watch, _primary)).Concat(Standbys.Select(world.Local.ReplicationLink)))
                {
                    link.Cut();
                }

                break;
            case ChaosFault.SwallowRequests or ChaosFault.SwallowAnswers:
                At = world.Clock.Now;
                foreach (var link in LinksOfOthers().Take(1))
                {
                    link.Hang(fault == ChaosFault.SwallowRequests ? LinkDirection.ToServer : LinkDirection.ToClient);
                }

                break;
            default:
                throw new InvalidOperationException($"Nobody knows how to do {fault}.");
        }
    }

    /// <summary>A split ends for the standbys when they have another primary: their links lead there.</summary>
    public void EndReplicationCuts()
    {
        foreach (var standby in Standbys)
        {
            world.Local.ReplicationLink(standby).Heal();
        }
    }

    /// <summary>Undoes it. A primary that was replaced tells what it wrote before anybody rewinds it.</summary>
    /// <returns>The log of the former primary; empty if it is none, or lost nothing that it could tell.</returns>
    public async Task<IReadOnlyList<ChaosEntry>> MendAsync()
    {
        IReadOnlyList<ChaosEntry> alone = [];
        foreach (var node in _struck)
        {
            await node.IsolateAsync();
            if (node.IsRunning)
            {
                await node.ThawAsync();
            }
            else
            {
                await node.StartAsync();
            }

            if (node == _primary && !await Sql.ScalarAsync<bool>(node.AdminConnectionString(), "SELECT pg_is_in_recovery()"))
            {
                alone = await ChaosEntry.ReadAsync(node);
            }
        }

        foreach (var link in LinksOfOthers().Append(world.Local.Link(ChaosWorld.Watch, _primary)))
        {
            link.Heal();
        }

        foreach (var node in _struck)
        {
            await node.HealAsync();
        }

        return alone;
    }

    private LocalNode AnyStandby() => Standbys.ElementAt(random.Next(world.Shard.Nodes.Count - 1));

    private IEnumerable<NetworkLink> LinksOfOthers() =>
        world.ClientRegions.Where(region => region != _primary.Region).Select(region => world.Local.Link(region, _primary));

    /// <summary>
    /// Holds the log or its acknowledgements until commits wait for them, and kills then: those commits have begun and can't end. What was held on its way to the
    /// standbys never arrives.
    /// </summary>
    private async Task InCommitAsync(LinkDirection held, IReadOnlyList<LocalNode> victims)
    {
        _struck.AddRange(victims);
        var links = Standbys.Select(world.Local.ReplicationLink).ToArray();
        foreach (var link in links)
        {
            link.Hang(held);
        }

        await Eventually.TrueAsync(
            async () => (InCommit = await Sql.ScalarAsync<long>(
                _primary.AdminConnectionString(), "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'wbd_app'")) >= 3,
            Patience,
            "commits wait for their standbys");
        At = world.Clock.Now;
        await Task.WhenAll(victims.Select(static node => node.KillAsync()));
        foreach (var link in links)
        {
            if (held == LinkDirection.ToClient)
            {
                link.Cut();
            }

            link.Heal();
        }
    }
}
