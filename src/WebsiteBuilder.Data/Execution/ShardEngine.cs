using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>All that running an operation on a shard takes.</summary>
internal sealed record ShardEngine(
    LiveShard Shard, ShardMonitor Monitor, TopologyBoard Board, EngineRuntime Runtime, RoutePolicy Routing, AttemptPolicy Attempts)
{
    /// <summary>Sweeps old operation rows; null where nobody need.</summary>
    public OperationSweeper? Sweeper { get; init; }

    /// <summary>Compares the schema with what is needed; null where nobody asks for it, or the store can't tell.</summary>
    public SchemaCheck? Schema { get; init; }

    /// <summary>Reports connections that users hold for long; null where nobody asks for it.</summary>
    public HeldConnections? HeldConnections { get; init; }

    public ShardTopology Topology => Board[Shard.Index];

    public string Name => Shard.Definition.Name;

    /// <summary>Whether the shard has the primary and history that it had.</summary>
    public bool HasSamePrimary(ShardTopology since) => Topology.Primary == since.Primary && Topology.History?.Id == since.History?.Id;

    /// <summary>Whether all nodes can do something that not every store can.</summary>
    public bool Has<TStore>()
        where TStore : IStoreEndpoint => Shard.Nodes.All(static node => node.Store is TStore);
}

/// <summary>Limits of attempts. Immutable.</summary>
/// <param name="AttemptTimeout">How long a node may keep a read while another one could be asked.</param>
internal sealed record AttemptPolicy(TimeSpan AttemptTimeout)
{
    /// <summary>The shortest pause before a node that was behind is asked again.</summary>
    public static readonly TimeSpan MinPause = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest pause before all nodes are asked again.</summary>
    public static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a read that waits looks whether its node is still in rotation.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    /// <summary>Some round trips over the longest distances.</summary>
    private static readonly TimeSpan MaxReserve = TimeSpan.FromSeconds(1);

    /// <summary>The pause after so many failures: from the shortest to the longest, doubling.</summary>
    public static TimeSpan PauseAfter(int failures) => failures < 7 ? MinPause * (1 << failures) : MaxPause;

    /// <summary>How much of a write's time is kept for asking what became of an attempt: a quarter, 1 s at most.</summary>
    public static TimeSpan ReserveOf(TimeSpan remaining) => remaining / 4 < MaxReserve ? remaining / 4 : MaxReserve;
}
