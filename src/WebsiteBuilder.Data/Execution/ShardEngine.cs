using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>All that running an operation on a shard takes.</summary>
internal sealed record ShardEngine(
    LiveShard Shard, ShardMonitor Monitor, TopologyBoard Board, EngineRuntime Runtime, RoutePolicy Routing, AttemptPolicy Attempts)
{
    public ShardTopology Topology => Board[Shard.Index];
}

/// <summary>Limits of attempts. Immutable.</summary>
/// <param name="AttemptTimeout">How long a node may keep a read while another one could be asked.</param>
internal sealed record AttemptPolicy(TimeSpan AttemptTimeout)
{
    /// <summary>The shortest pause before a node that was behind is asked again.</summary>
    public static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest pause before all nodes are asked again.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(100);
}
