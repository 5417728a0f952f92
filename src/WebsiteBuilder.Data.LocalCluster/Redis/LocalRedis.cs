namespace WebsiteBuilder.Data.Clusters;

/// <summary>A primary and its replica.</summary>
public sealed class LocalRedisPair
{
    internal LocalRedisPair(RegionId region, LocalRedisNode primary, LocalRedisNode replica, string password) =>
        (Region, Primary, Replica, Password) = (region, primary, replica, password);

    /// <summary>Where they are; of the pair that Sentinels watch, the default.</summary>
    public RegionId Region { get; }

    /// <summary>The primary, at the start.</summary>
    public LocalRedisNode Primary { get; }

    /// <summary>The replica, at the start.</summary>
    public LocalRedisNode Replica { get; }

    internal string Password { get; }

    /// <summary>Settings of a channel to both.</summary>
    public RedisChannelOptions CreateChannelOptions() => new() { Endpoints = { Primary.Endpoint, Replica.Endpoint }, Password = Password };
}

/// <summary>The Redis servers of a <see cref="LocalCluster"/>: those that <see cref="LocalRedisOptions"/> asks for.</summary>
/// <remarks>All on 127.0.0.1, with a password made for this cluster. They are reached directly: links with latencies are PostgreSQL's only.</remarks>
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
