using System.Text;

namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    [Fact]
    public async Task Who_is_at_a_place_is_listed_with_his_state()
    {
        Assert.Equal(1, await Store.Presence.HeartbeatAsync("p", "ann", "a1", "x=1"u8.ToArray()));
        Assert.Equal(2, await Store.Presence.HeartbeatAsync("p", "ann", "a2"));
        Assert.Equal(3, await Store.Presence.HeartbeatAsync("p", "böb{}", "b}:", "y"u8.ToArray()));
        Assert.Equal(3, await Store.Presence.HeartbeatAsync("p", "ann", "a1", "x=2"u8.ToArray()));
        await Store.Presence.HeartbeatAsync("elsewhere", "eve", "e");

        Assert.Equal(["ann/a1/x=2", "ann/a2/", "böb{}/b}:/y"], await NamesAsync(Store, "p"));
        Assert.True(await Store.Presence.LeaveAsync("p", "a1"));
        Assert.False(await Store.Presence.LeaveAsync("p", "a1"));
        Assert.Equal(["ann/a2/", "böb{}/b}:/y"], await NamesAsync(Store, "p"));
    }

    [Fact]
    public async Task Whoever_falls_silent_is_gone_and_whoever_does_not_stays()
    {
        var store = With(static options => options.Presence = new PresencePolicy { Expiry = TimeSpan.FromMilliseconds(500) });
        await store.Presence.HeartbeatAsync("p", "ann", "a");
        await store.Presence.HeartbeatAsync("p", "bob", "b");

        await Eventually.TrueAsync(async () =>
        {
            await store.Presence.HeartbeatAsync("p", "bob", "b");
            return await NamesAsync(store, "p") is ["bob/b/"];
        });
    }

    [Fact]
    public async Task A_place_that_is_full_lets_nobody_else_in()
    {
        var store = With(static options => options.Presence = new PresencePolicy { MaxPerPlace = 2 });
        await store.Presence.HeartbeatAsync("p", "ann", "a");
        await store.Presence.HeartbeatAsync("p", "bob", "b");

        var refused = await Assert.ThrowsAsync<ThrottledException>(async () => await store.Presence.HeartbeatAsync("p", "eve", "e"));
        Assert.Equal(WriteDisposition.NotApplied, refused.Disposition);
        Assert.Equal(2, await store.Presence.HeartbeatAsync("p", "ann", "a"));
        await store.Presence.LeaveAsync("p", "a");
        Assert.Equal(2, await store.Presence.HeartbeatAsync("p", "eve", "e"));
    }

    [Fact]
    public async Task A_watcher_sees_everybody_and_then_each_change()
    {
        await Store.Presence.HeartbeatAsync("p", "ann", "a");
        using CancellationTokenSource stop = new(Long);
        await using var watch = Store.Presence.WatchAsync("p", stop.Token).GetAsyncEnumerator(stop.Token);

        Assert.Equal("Everybody ann/a/", await NextAsync(watch));
        await Store.Presence.HeartbeatAsync("p", "bob", "b", "1"u8.ToArray());
        Assert.Equal("Joined bob/b/1", await NextOfBobAsync());
        await Store.Presence.HeartbeatAsync("p", "bob", "b", "1"u8.ToArray());
        await Store.Presence.HeartbeatAsync("p", "bob", "b", "2"u8.ToArray());
        Assert.Equal("Updated bob/b/2", await NextOfBobAsync());
        await Store.Presence.LeaveAsync("p", "b");
        Assert.Equal("Left bob/b/2", await NextOfBobAsync());

        // That ann came is in the list already, and may still be on its way between the nodes of a cluster.
        async Task<string> NextOfBobAsync() => await NextAsync(watch) is var next && next == "Joined ann/a/" ? await NextAsync(watch) : next;
    }

    [Fact]
    public async Task A_watcher_finds_out_that_somebody_fell_silent()
    {
        var store = With(static options => options.Presence = new PresencePolicy { Expiry = TimeSpan.FromMilliseconds(500) });
        using CancellationTokenSource stop = new(Long);
        await using var watch = store.Presence.WatchAsync("p", stop.Token).GetAsyncEnumerator(stop.Token);

        Assert.Equal("Everybody ", await NextAsync(watch));
        await store.Presence.HeartbeatAsync("p", "ann", "a");
        Assert.Equal("Joined ann/a/", await NextAsync(watch));
        Assert.Equal("Left ann/a/", await NextAsync(watch));
    }

    [Fact]
    public async Task A_watcher_who_leaves_while_he_waits_gets_out()
    {
        using CancellationTokenSource stop = new(Long);
        await foreach (var change in Store.Presence.WatchAsync("p", stop.Token))
        {
            Assert.Equal(PresenceChangeKind.Everybody, change.Kind);
            break;
        }

        await using var watch = Store.Presence.WatchAsync("p", stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await watch.MoveNextAsync());
        var next = watch.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private static async Task<string> NextAsync(IAsyncEnumerator<PresenceChange> watch)
    {
        Assert.True(await watch.MoveNextAsync());
        return $"{watch.Current.Kind} {string.Join(' ', watch.Current.Entries.Select(Name))}";
    }

    private static async Task<List<string>> NamesAsync(RealTimeStore store, string place) =>
        [.. (await store.Presence.ListAsync(place)).Select(Name).Order(StringComparer.Ordinal)];

    private static string Name(PresenceEntry entry) => $"{entry.UserId}/{entry.ConnectionId}/{Encoding.UTF8.GetString(entry.State.Span)}";
}
