using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Redis servers for one class of tests, and channels to them.</summary>
public abstract class RedisTier : IAsyncLifetime
{
    public static readonly RegionId Home = RegionId.Parse("eu-west-1");

    /// <summary>The deadline of calls that say none: a second is short for hundreds of calls at once on a busy machine, and no test that waits for a deadline leaves it to that.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly List<IAsyncDisposable> _owned = [];

    public LocalCluster Local { get; private set; } = null!;

    public LocalRedis Redis => Local.Redis;

    public LocalRedisPair Pair => Redis[Home];

    public async Task InitializeAsync()
    {
        LocalClusterOptions options = new() { InstallMissingServers = true };
        Choose(options.Redis);
        Local = await LocalCluster.StartAsync(ClusterTopology.None, options);
        await StartedAsync();
    }

    public async Task DisposeAsync()
    {
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        if (Local is not null) await Local.DisposeAsync();
    }

    /// <summary>A channel that ends with the tier.</summary>
    public RespChannel Open(RedisChannelOptions options, Action<RedisChannelOptions>? change = null)
    {
        change?.Invoke(options);
        var channel = new RespChannel(options);
        _owned.Add(channel);
        return channel;
    }

    /// <summary>Whether a node says that it is a primary; Sentinels end its connections when they make it one.</summary>
    public static async Task<bool> IsPrimaryAsync(LocalRedisNode node)
    {
        try
        {
            return (await node.AdminAsync("ROLE")).Items[0].AsString() == "master";
        }
        catch (RedisFaultException fault) when (fault.IsTransient)
        {
            return false;
        }
    }

    protected abstract void Choose(LocalRedisOptions options);

    protected virtual Task StartedAsync() => Task.CompletedTask;

    protected void Own(IAsyncDisposable owned) => _owned.Add(owned);
}

/// <summary>One primary and its replica.</summary>
public class PairTier : RedisTier
{
    protected override void Choose(LocalRedisOptions options) => options.Regions.Add(Home);
}
