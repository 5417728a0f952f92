using Microsoft.Extensions.DependencyInjection;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class RegistrationTests
{
    [Fact]
    public async Task A_container_has_one_store_and_disposes_of_its_channel()
    {
        // Nothing is connected before it is used.
        RespChannel channel = new(new RedisChannelOptions { Endpoints = { "127.0.0.1:1" } });
        var services = new ServiceCollection().AddRealTimeStore(_ => channel, static options => options.Prefix = "app");
        services.AddRealTimeStore(static _ => throw new InvalidOperationException("The first registration stays."));
        await using (var provider = services.BuildServiceProvider())
        {
            Assert.Same(provider.GetRequiredService<RealTimeStore>(), provider.GetRequiredService<RealTimeStore>());
            Assert.Same(channel, provider.GetRequiredService<IRedisChannel>());
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await channel.ExecuteAsync(RedisCommand.Read("PING")));
    }

    [Fact]
    public async Task A_malformed_prefix_is_said_when_the_store_is_made()
    {
        await using var provider = new ServiceCollection()
            .AddRealTimeStore(static _ => new RespChannel(new RedisChannelOptions { Endpoints = { "127.0.0.1:1" } }), static options => options.Prefix = "a b")
            .BuildServiceProvider();

        Assert.Throws<ArgumentException>(provider.GetRequiredService<RealTimeStore>);
    }
}
