using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Every link of a cluster: those of clients made when first asked for, one of replication per node.</summary>
internal sealed class LinkMap(LocalClusterOptions options) : IDisposable
{
    private readonly ConcurrentDictionary<(RegionId From, LocalNode To), Lazy<NetworkLink>> _clients = new();
    private readonly ConcurrentDictionary<LocalNode, Lazy<NetworkLink>> _replication = new();
    private readonly ConcurrentDictionary<(RegionId From, int Port), Lazy<NetworkLink>> _redis = new();
    private readonly PreciseTimer _timer = new();

    public NetworkLink Client(RegionId from, LocalNode to)
    {
        // Looked up before anything is made: an unknown region must not leave a broken entry behind.
        var trip = Trip(from, to.Region);
        return _clients.GetOrAdd((from, to), _ => new Lazy<NetworkLink>(() =>
        {
            var link = new NetworkLink(from, () => to, source: null, _timer, SeedOf($"{from}>{to.Name}"), toPooler: to.PoolerPort is not null);
            link.SetTrip(trip.Average, trip.Deviation);
            return link;
        })).Value;
    }

    public NetworkLink Replication(LocalNode replica) =>
        _replication.GetOrAdd(replica, _ => new Lazy<NetworkLink>(() =>
            new NetworkLink(replica.Region, () => replica.Upstream, replica, _timer, SeedOf($"{replica.Name}>>")))).Value;

    /// <summary>The link to a Redis server.</summary>
    public NetworkLink Redis(RegionId from, RegionId to, LocalRedisNode node)
    {
        var trip = Trip(from, to);
        return _redis.GetOrAdd((from, node.Port), _ => new Lazy<NetworkLink>(() =>
        {
            var link = new NetworkLink(from, node.Port, _timer, SeedOf($"{from}>{node.Name}"));
            link.SetTrip(trip.Average, trip.Deviation);
            return link;
        })).Value;
    }

    /// <summary>Gives a replication link the latency of its present upstream.</summary>
    public void ApplyTrip(LocalNode replica)
    {
        var trip = Trip(replica.Region, replica.Upstream.Region);
        Replication(replica).SetTrip(trip.Average, trip.Deviation);
    }

    /// <summary>Makes a replica reconnect, to the upstream that it has now.</summary>
    public void Repoint(LocalNode replica)
    {
        ApplyTrip(replica);
        Replication(replica).ResetConnections();
    }

    public void ResetConnectionsOf(LocalNode node)
    {
        foreach (var link in All().Where(link => link.Touches(node)))
            link.ResetConnections();
    }

    public void Dispose()
    {
        foreach (var link in All())
            link.Dispose();
        _timer.Dispose();
    }

    /// <summary>The scaled round trip between two regions.</summary>
    /// <exception cref="ArgumentException">Nobody knows it.</exception>
    public WanTrip Trip(RegionId from, RegionId to)
    {
        if (from == to && !from.IsUnspecified)
            return default;
        if (!WanLatency.TryGet(from, to, out var trip))
        {
            // Between() has the message for pairs that nobody knows.
            trip = options.UnknownRoundTrip is { } unknown && !from.IsUnspecified ? new WanTrip(unknown, default) : WanLatency.Between(from, to);
        }

        return new WanTrip(trip.Average * options.LatencyScale, trip.Deviation * options.LatencyScale);
    }

    private IEnumerable<NetworkLink> All() => _clients.Values.Concat(_replication.Values).Concat(_redis.Values).Select(link => link.Value);

    // FNV-1a: string hash codes differ from process to process, and a run must be repeatable.
    private int SeedOf(string name)
    {
        var hash = 2166136261u;
        foreach (var character in name)
            hash = (hash ^ character) * 16777619u;
        return (int)hash ^ options.Seed;
    }
}
