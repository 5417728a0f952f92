namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    [Fact]
    public async Task A_users_connections_are_found_where_they_are()
    {
        await Store.Connections.HeartbeatAsync("p1");
        await Store.Connections.HeartbeatAsync("p2");
        await Store.Connections.RegisterAsync("ann", "c1", "p1");
        await Store.Connections.RegisterAsync("ann", "c2", "p2");
        await Store.Connections.RegisterAsync("bob", "c3", "p1");
        Assert.Equal([new("c1", "p1"), new("c2", "p2")], await ConnectionsAsync("ann"));

        // She comes back over another process before the first one notices that she left.
        await Store.Connections.RegisterAsync("ann", "c1", "p2");
        Assert.False(await Store.Connections.UnregisterAsync("ann", "c1", "p1"));
        Assert.True(await Store.Connections.UnregisterAsync("ann", "c2", "p2"));
        Assert.Equal([new("c1", "p2")], await ConnectionsAsync("ann"));
        Assert.Empty(await ConnectionsAsync("nobody"));
    }

    [Fact]
    public async Task When_a_process_dies_its_connections_are_gone_and_stay_so()
    {
        await Store.Connections.HeartbeatAsync("dies");
        await Store.Connections.HeartbeatAsync("lives");
        await Store.Connections.RegisterAsync("ann", "c1", "dies");
        await Store.Connections.RegisterAsync("ann", "c2", "lives");
        await Store.Connections.RetireAsync("dies");

        Assert.Equal([new("c2", "lives")], await ConnectionsAsync("ann"));
        await Store.Connections.HeartbeatAsync("dies");
        Assert.Equal([new("c2", "lives")], await ConnectionsAsync("ann"));

        // What a process that is killed leaves behind is a key that ends by itself.
        var left = await fixture.Channel.ExecuteAsync(RedisCommand.Read("PTTL", RedisArgument.Key($"{_options.Prefix}:{{process:lives}}:lives")));
        Assert.InRange(left.AsInt64(), 1, RedisConnections.ExpirySeconds * 1_000);
    }

    private async Task<List<RedisConnection>> ConnectionsAsync(string user) =>
        [.. (await Store.Connections.FindAsync(user)).OrderBy(static connection => connection.ConnectionId, StringComparer.Ordinal)];
}
