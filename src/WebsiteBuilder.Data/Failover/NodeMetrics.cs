namespace WebsiteBuilder.Data;

/// <summary>How much of a node's machine is in use, in percent, 0 to 100. Null for what isn't known, which raises no alarm.</summary>
/// <param name="Cpu">Of all processors together, averaged by the source over about a minute.</param>
/// <param name="Memory">Of what processes can have: without what caches would give back.</param>
/// <param name="Disk">Of the file system that holds the database, the fullest if there are several.</param>
public sealed record NodeUsage(double? Cpu = null, double? Memory = null, double? Disk = null);

/// <summary>
/// Where a <see cref="FailoverCoordinator"/> gets the use of machines from, which SQL doesn't tell: an agent on the node, a cloud's monitoring. Implement it thread-safe.
/// </summary>
public interface INodeMetrics
{
    /// <summary>Asks for one node, once per health check and within its timeout.</summary>
    /// <param name="shard">The shard's name in the settings.</param>
    /// <param name="node">The endpoint's name in the settings.</param>
    /// <param name="cancellationToken">Cancelled when the time is up.</param>
    /// <returns>Null if nothing is known. An exception counts as that, and is logged.</returns>
    ValueTask<NodeUsage?> ReadAsync(string shard, string node, CancellationToken cancellationToken = default);
}
