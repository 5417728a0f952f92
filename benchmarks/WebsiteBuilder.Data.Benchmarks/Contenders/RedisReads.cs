using System.Globalization;
using StackExchange.Redis;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Benchmarks.Tier;

namespace WebsiteBuilder.Data.Benchmarks.Contenders;

/// <summary>GET of random keys with values of 100 bytes, over one connection that the workers share.</summary>
internal static class RedisReads
{
    private const int Keys = 10_000;

    private static readonly string[] Names = [.. Enumerable.Range(0, Keys).Select(static key => string.Create(CultureInfo.InvariantCulture, $"bench:{key}"))];

    public static async Task<Contender> OursAsync(BenchTier tier, int workers, CancellationToken cancellationToken)
    {
        var channel = new RespChannel(tier.Redis());
        await Task.WhenAll(Names.Select(async name =>
            await channel.ExecuteAsync(RedisCommand.Write("SET", RedisArgument.Key(name), new byte[100]), cancellationToken: cancellationToken)));
        return new Contender(
            "channel",
            workers,
            worker =>
            {
                var random = new Random(Seeds.Of(worker));
                return async () => (await channel.ExecuteAsync(RedisCommand.Read("GET", RedisArgument.Key(Names[random.Next(Keys)])))).AsBytes() is { Length: 100 }
                    ? 1
                    : throw new InvalidOperationException("A value is missing.");
            },
            channel);
    }

    public static Contender StackExchange(BenchTier tier, int workers)
    {
        var options = ConfigurationOptions.Parse(tier.Redis().Endpoints[0]);
        options.Password = tier.Redis().Password;
        var multiplexer = ConnectionMultiplexer.Connect(options);
        var database = multiplexer.GetDatabase();
        return new Contender(
            "StackExchange.Redis",
            workers,
            worker =>
            {
                var random = new Random(Seeds.Of(worker));
                return async () => (byte[]?)await database.StringGetAsync(Names[random.Next(Keys)]) is { Length: 100 }
                    ? 1
                    : throw new InvalidOperationException("A value is missing.");
            },
            new Closing(multiplexer));
    }

    private sealed class Closing(ConnectionMultiplexer multiplexer) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await multiplexer.CloseAsync(allowCommandsToComplete: false);
    }
}
