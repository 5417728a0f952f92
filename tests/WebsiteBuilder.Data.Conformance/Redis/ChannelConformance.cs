using System.Globalization;
using StackExchange.Redis;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Our own channel to a primary and its replica.</summary>
public sealed class RespPairConformance(RespPairConformance.Tier tier) : RedisChannelConformance<RespPairConformance.Tier>(tier)
{
    public sealed class Tier : PairTier, IRedisFixture
    {
        public IRedisChannel Channel { get; private set; } = null!;

        public bool IsCluster => false;

        public bool Replicates => true;

        public Task AtPrimariesAsync(params string[] command) => Pair.Primary.AdminAsync(command);

        protected override Task StartedAsync()
        {
            Channel = Open(Pair.CreateChannelOptions(), static options => options.Timeout = Patience);
            return Task.CompletedTask;
        }
    }
}

/// <summary>Our own channel to a cluster.</summary>
public sealed class RespClusterConformance(RespClusterConformance.Tier tier) : RedisChannelConformance<RespClusterConformance.Tier>(tier)
{
    public sealed class Tier : SixNodes, IRedisFixture
    {
        public IRedisChannel Channel { get; private set; } = null!;

        public bool IsCluster => true;

        public bool Replicates => true;

        protected override Task StartedAsync()
        {
            Channel = Open(Redis.CreateClusterOptions(), static options => options.Timeout = Patience);
            return Task.CompletedTask;
        }
    }
}

/// <summary>The adapter over a multiplexer that knows a primary and its replica.</summary>
public sealed class MultiplexerPairConformance(MultiplexerPairConformance.Tier tier) : RedisChannelConformance<MultiplexerPairConformance.Tier>(tier)
{
    public sealed class Tier : PairTier, IRedisFixture
    {
        public IRedisChannel Channel { get; private set; } = null!;

        public bool IsCluster => false;

        public bool Replicates => true;

        public Task AtPrimariesAsync(params string[] command) => Pair.Primary.AdminAsync(command);

        protected override async Task StartedAsync()
        {
            Channel = new MultiplexerChannel(await Multiplexer.ConnectAsync(Redis.Password, Own, Pair.Primary, Pair.Replica), Multiplexer.Patient);
            Own(Channel);
        }
    }
}

/// <summary>The adapter over a multiplexer that knows a cluster.</summary>
public sealed class MultiplexerClusterConformance(MultiplexerClusterConformance.Tier tier) : RedisChannelConformance<MultiplexerClusterConformance.Tier>(tier)
{
    public sealed class Tier : SixNodes, IRedisFixture
    {
        public IRedisChannel Channel { get; private set; } = null!;

        public bool IsCluster => true;

        public bool Replicates => false;

        protected override async Task StartedAsync()
        {
            Channel = new MultiplexerChannel(await Multiplexer.ConnectAsync(Redis.Password, Own, [.. Redis.ClusterNodes]), Multiplexer.Patient);
            Own(Channel);
        }
    }
}

/// <summary>A cluster of six.</summary>
public abstract class SixNodes : RedisTier
{
    public async Task AtPrimariesAsync(params string[] command)
    {
        foreach (var node in Redis.ClusterNodes.Take(3))
        {
            await node.AdminAsync(command);
        }
    }

    protected override void Choose(LocalRedisOptions options) => options.Cluster = true;
}

internal static class Multiplexer
{
    public static MultiplexerChannelOptions Patient => new() { Timeout = RedisTier.Patience };

    /// <summary>As an application makes one.</summary>
    public static async Task<ConnectionMultiplexer> ConnectAsync(string password, Action<IAsyncDisposable> own, params LocalRedisNode[] nodes)
    {
        ConfigurationOptions options = new() { Password = password, AbortOnConnectFail = true };
        foreach (var node in nodes)
        {
            options.EndPoints.Add("127.0.0.1", int.Parse(node.Endpoint.Split(':')[1], CultureInfo.InvariantCulture));
        }

        var multiplexer = await ConnectionMultiplexer.ConnectAsync(options);
        own(new Closing(multiplexer));
        return multiplexer;
    }

    private sealed class Closing(ConnectionMultiplexer multiplexer) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await multiplexer.CloseAsync(allowCommandsToComplete: false);
    }
}
