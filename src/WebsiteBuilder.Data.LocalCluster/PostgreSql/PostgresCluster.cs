using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>One PostgreSQL cluster of a <see cref="LocalCluster"/>: nodes that share a system identifier.</summary>
public sealed class PostgresCluster
{
    internal PostgresCluster(ClusterContext context, ClusterDefinition definition)
    {
        Name = definition.Name;
        Nodes = [.. definition.Nodes().Select(node => new LocalNode(context, this, node.Name, node.Region, node.Role))];
        Primary = Nodes[0];
        foreach (var replica in Replicas)
            replica.Upstream = Primary;
    }

    /// <summary>The cluster's name.</summary>
    public string Name { get; }

    /// <summary>All nodes, the first primary first, then the replicas as the topology lists them.</summary>
    public IReadOnlyList<LocalNode> Nodes { get; }

    /// <summary>
    /// The node that was last made primary, by the start or by <see cref="LocalNode.PromoteAsync"/>, whether or not it still runs. A
    /// promotion by other means is not seen.
    /// </summary>
    public LocalNode Primary { get; internal set; }

    /// <summary>All nodes but the <see cref="Primary"/>; among them may be a former one that still takes writes.</summary>
    public IEnumerable<LocalNode> Replicas => Nodes.Where(node => node != Primary);

    /// <summary>
    /// Splits the brain: isolates the primary, promotes a replica, and writes on the old primary as superuser over its direct
    /// connection. Both then take writes, on histories that fork at <see cref="Divergence.Fork"/>.
    /// </summary>
    /// <param name="promote">The replica that becomes primary.</param>
    /// <param name="writeOnOld">
    /// What to write there; commits don't wait for replicas. Default: one transaction that changes no table but moves the log.
    /// </param>
    /// <param name="cancellationToken">Stops waiting; steps done stay done.</param>
    /// <remarks>
    /// The old primary keeps running, isolated: <see cref="LocalNode.HealAsync"/> shows it to clients, <see cref="LocalNode.RejoinAsync"/>
    /// ends the split. Other replicas are cut off from the old primary, too, until <see cref="LocalNode.FollowAsync"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">The node is the primary or of another cluster.</exception>
    public async Task<Divergence> DivergeAsync(
        LocalNode promote,
        Func<NpgsqlConnection, CancellationToken, Task>? writeOnOld = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(promote);
        if (promote.Cluster != this || promote == Primary)
            throw new ArgumentException($"{promote.Name} is no replica of {Name}.", nameof(promote));

        var old = Primary;
        await old.IsolateAsync(cancellationToken).ConfigureAwait(false);
        await promote.PromoteAsync(cancellationToken).ConfigureAwait(false);
        var fork = await promote.ForkAsync(cancellationToken).ConfigureAwait(false);

        var connection = await old.OpenAdminAsync(Credentials.Database, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync("SET synchronous_commit = local", cancellationToken).ConfigureAwait(false);
            if (writeOnOld is null)
                await connection.ExecuteAsync("SELECT pg_logical_emit_message(true, 'wbd', 'diverged')", cancellationToken).ConfigureAwait(false);
            else
                await writeOnOld(connection, cancellationToken).ConfigureAwait(false);
        }

        return new Divergence(old, promote, fork);
    }

    /// <summary>
    /// Gives the role of <see cref="LocalNode.CoordinatorConnectionString"/> what it needs of the library's schema: names of histories. Call it on the primary's cluster once after
    /// <see cref="DataClient.MigrateAsync"/>.
    /// </summary>
    public async Task GrantCoordinatorAsync(CancellationToken cancellationToken = default)
    {
        var connection = await Primary.OpenAdminAsync(Credentials.Database, cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await connection.ExecuteAsync(
                $"GRANT USAGE ON SCHEMA wbd TO {Credentials.Coordinator}; GRANT SELECT, INSERT ON wbd.history TO {Credentials.Coordinator}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
