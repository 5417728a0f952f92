namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>The hosts of a shard's nodes: reached over the same network, from where the coordinator is.</summary>
internal sealed class SimulatedOperator(SimulatedCluster cluster, SimulatedShard shard, RegionId coordinator, ProcessPause process) : INodeOperator
{
    public Task StopAsync(string shard, string node, CancellationToken cancellationToken = default) => ReachAsync(node, static _ => { });

    // A fresh copy, and the node is up: it waits for what the source had.
    public Task RewindAsync(string shard, string node, string source, string connection, string slot, CancellationToken cancellationToken = default) =>
        ReachAsync(node, target => target.CopyOf(Shard[source]));

    public Task StartAsync(string shard, string node, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public ValueTask<string?> ConnectionAsync(string shard, string standby, string upstream, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<string?>(upstream);

    private SimulatedShard Shard => shard;

    private async Task ReachAsync(string name, Action<SimulatedNode> change)
    {
        await process.PassAsync().ConfigureAwait(false);
        var node = shard[name];
        if (node.IsIsolated || cluster.Network.Between(coordinator, node.Region).IsCut || cluster.Network.Between(node.Region, coordinator).IsCut)
        {
            throw new TimeoutException("The host can't be reached.");
        }

        shard.Change(() => change(node));
    }
}
