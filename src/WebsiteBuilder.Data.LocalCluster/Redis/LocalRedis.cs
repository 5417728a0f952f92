namespace WebsiteBuilder.Data.Clusters;

/// <summary>A primary and its replica.</summary>
public sealed class LocalRedisPair
{
    private readonly LinkMap _links;

    internal LocalRedisPair(RegionId region, LocalRedisNode primary, LocalRedisNode replica, string password, LinkMap links) =>
        (Region, Primary, Replica, Password, _links) = (region, primary, replica, password, links);

    /// <summary>Where they are; of the pair that Sentinels watch, the default.</summary>
    public RegionId Region { get; }

    /// <summary>The primary, at the start.</summary>
    public LocalRedisNode Primary { get; }

    /// <summary>The replica, at the start.</summary>
    public LocalRedisNode Replica { get; }

    internal string Password { get; }

    /// <summary>Settings of a channel to both, directly.</summary>
    public RedisChannelOptions CreateChannelOptions() => new() { Endpoints = { Primary.Endpoint, Replica.Endpoint }, Password = Password };

    /// <summary>Settings of a channel to both, over the links from a region: as far away as they are from there.</summary>
    /// <param name="from">Where the channel's owner is.</param>
    /// <exception cref="ArgumentException">Nobody knows how far that is.</exception>
    public RedisChannelOptions CreateChannelOptions(RegionId from) => new()
    {
        Endpoints = { $"127.0.0.1:{LinkFrom(from, Primary).Port}", $"127.0.0.1:{LinkFrom(from, Replica).Port}" },
        Password = Password,
    };

    /// <summary>The link from a region's clients to one of the two, to slow down, hang or cut. What goes there directly isn't touched by it.</summary>
    /// <param name="from">Where the clients are.</param>
    /// <param name="to">One of the two.</param>
    /// <exception cref="ArgumentException">Nobody knows how far that is, or the server is another pair's.</exception>
    public NetworkLink LinkFrom(RegionId from, LocalRedisNode to) => to == Primary || to == Replica
        ? _links.Redis(from, Region, to)
        : throw new ArgumentException("The server is another pair's.", nameof(to));
}

/// <summary>The Redis servers of a <see cref="LocalCluster"/>: those that <see cref="LocalRedisOptions"/> asks for.</summary>
/// <remarks>All on 127.0.0.1, with a password made for this cluster. A region's pair is reached directly, or over links with latencies and faults (<see cref="LocalRedisPair.LinkFrom"/>); clusters and Sentinels name their nodes' own addresses, and
/// are reached directly only.</remarks>
public sealed class LocalRedis
{
    private readonly RedisBootstrap _boot;

    internal LocalRedis(ClusterContext context) => _boot = new RedisBootstrap(context);

    /// <summary>The regions' pairs, in the order of <see cref="LocalRedisOptions.Regions"/>.</summary>
    public IReadOnlyList<LocalRedisPair> Pairs => _boot.Pairs;

    /// <summary>The cluster's six nodes: first the three primaries of the start, then their replicas in the same order.</summary>
    public IReadOnlyList<LocalRedisNode> ClusterNodes => _boot.ClusterNodes;

    /// <summary>The three Sentinels.</summary>
    public IReadOnlyList<LocalRedisNode> Sentinels => _boot.Sentinels;

    /// <summary>The pair that the Sentinels watch; null without them.</summary>
    public LocalRedisPair? Watched => _boot.Watched;

    /// <summary>The password of every server, for the default user. Sentinels have none.</summary>
    public string Password => _boot.Password;

    /// <summary>The pair of a region.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public LocalRedisPair this[RegionId region] =>
        Pairs.FirstOrDefault(pair => pair.Region == region) ?? throw new KeyNotFoundException($"There is no Redis in '{region}'.");

    /// <summary>Settings of a channel to the cluster.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public RedisChannelOptions CreateClusterOptions() => Options(RedisDeployment.Cluster, ClusterNodes, Password);

    /// <summary>Settings of a channel to whatever the Sentinels name.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public RedisChannelOptions CreateSentinelOptions() => Options(RedisDeployment.Sentinel, Sentinels, Password);

    internal Task BootAsync(CancellationToken cancellationToken) => _boot.RunAsync(cancellationToken);

    private static RedisChannelOptions Options(RedisDeployment deployment, IReadOnlyList<LocalRedisNode> nodes, string password)
    {
        if (nodes.Count == 0) throw new InvalidOperationException($"There is no Redis deployment of kind {deployment}: see LocalRedisOptions.");
        var options = new RedisChannelOptions { Deployment = deployment, Password = password };
        foreach (var node in nodes.Take(3))
            options.Endpoints.Add(node.Endpoint);
        return options;
    }
}
