namespace WebsiteBuilder.Data.Clusters;

/// <summary>The hosts of a local cluster, for a coordinator.</summary>
internal sealed class LocalOperator(LocalCluster cluster) : INodeOperator
{
    public Task StopAsync(string shard, string node, CancellationToken cancellationToken = default) => cluster.Node(node).StopAsync(cancellationToken);

    public Task RewindAsync(string shard, string node, string source, string connection, string slot, CancellationToken cancellationToken = default) =>
        cluster.Node(node).RewindAsync(cluster.Node(source), connection, slot, cancellationToken);

    public Task StartAsync(string shard, string node, CancellationToken cancellationToken = default)
    {
        var target = cluster.Node(node);
        return target.IsRunning ? Task.CompletedTask : target.StartAsync(cancellationToken);
    }

    public ValueTask<string?> ConnectionAsync(string shard, string standby, string upstream, CancellationToken cancellationToken = default)
    {
        var primary = cluster.Node(upstream);
        primary.Cluster.Primary = primary;
        return ValueTask.FromResult<string?>(cluster.Node(standby).RouteTo(primary));
    }
}
