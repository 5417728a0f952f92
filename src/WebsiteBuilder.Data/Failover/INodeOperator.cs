namespace WebsiteBuilder.Data;

/// <summary>
/// What a <see cref="FailoverCoordinator"/> can't do by SQL: stop and start a server, and rewind its files. Implement it by whatever reaches the hosts: an
/// agent, an orchestrator, SSH. Nodes are named as the endpoints in the settings. Implement it thread-safe; members may throw anything, which is logged,
/// and is tried again at a later health check.
/// </summary>
public interface INodeOperator
{
    /// <summary>Stops the server for good if it runs, so that nothing starts it again before <see cref="StartAsync"/>.</summary>
    Task StopAsync(string shard, string node, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a stopped server's files those of a standby of <paramref name="source"/>, as <c>pg_rewind</c> does or a fresh base backup: with
    /// <c>standby.signal</c>, with <paramref name="connection"/> as its <c>primary_conninfo</c> and <paramref name="slot"/> as its <c>primary_slot_name</c>, and
    /// without <c>default_transaction_read_only</c>. What only this node had is thrown away.
    /// </summary>
    Task RewindAsync(string shard, string node, string source, string connection, string slot, CancellationToken cancellationToken = default);

    /// <summary>Starts the server.</summary>
    Task StartAsync(string shard, string node, CancellationToken cancellationToken = default);

    /// <summary>
    /// How a standby reaches another node for streaming, as a libpq connection string without <c>application_name</c>. Default: null, which means
    /// <see cref="FailoverMemberOptions.UpstreamConnection"/> of that node.
    /// </summary>
    ValueTask<string?> ConnectionAsync(string shard, string standby, string upstream, CancellationToken cancellationToken = default) => ValueTask.FromResult<string?>(null);
}
