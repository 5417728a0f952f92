using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    private static readonly RegionId[] TwoRegions = [RegionId.Parse("eu-west-1"), RegionId.Parse("us-east-1")];

    [Fact]
    public async Task Global_keys_are_copied_deleted_restamped_and_begun_anew()
    {
        var (here, there) = (Global(0), Global(1));
        for (var key = 0; key < 40; key++)
        {
            await here.SetAsync($"k{key}", Bytes($"{key}"));
        }

        Assert.Equal(new GlobalCopy(40, 40, 0), await there.CopyAsync());
        await there.DeleteAsync("k3");
        Assert.Equal(1, (await here.CopyAsync()).Changed);
        Assert.Null(await here.GetAsync("k3"));
        Assert.Equal("7", System.Text.Encoding.UTF8.GetString((await there.GetAsync("k7"))!.Value.Span));
        Assert.Equal(0, await here.RestampAsync());

        await there.BeginAnewAsync();
        Assert.Null(await there.GetAsync("k7"));
        var copy = await there.CopyAsync();
        Assert.Equal((40, 0, 0), (copy.Changed, copy.Unreachable, copy.OutOfTouch));
        Assert.Null(await there.GetAsync("k3"));
        Assert.Equal(0, (await here.CopyAsync(isFull: true)).Changed);
    }

    [Fact]
    public async Task What_is_listed_ends_only_after_it_is_taken_off_in_the_version_that_was_brought()
    {
        var store = Store;
        SessionKeyValueStore keys = new(store.Context, KeyValuePolicy.Default, default, new SessionState(default), "cart");
        var part = KeyPlace.Of("a", keys.Partitions).Partition;
        KeyValueWriteOptions options = new() { Expiry = TimeSpan.FromMilliseconds(1) };
        var first = await keys.SetListedAsync("a", Bytes("1"), options, default);
        var second = await keys.SetListedAsync("a", Bytes("2"), options, default);
        Assert.Equal(second.Version, await keys.NewestListedAsync(part, default));
        Assert.Equal([("a", second.Version)], await keys.ListAsync(part, 0, second.Version, default));
        Assert.Empty(await keys.ListAsync(part, 0, second.Version - 1, default));
        Assert.False(await keys.UnlistAsync(part, "a", first.Version, TimeSpan.FromMilliseconds(1), default));
        Assert.Equal(second.Version, (await keys.GetAsync("a", Strongly)).Value!.Version);
        Assert.True(await keys.UnlistAsync(part, "a", second.Version, TimeSpan.FromMilliseconds(1), default));
        Assert.Equal(0, await keys.NewestListedAsync(part, default));
        await Eventually.TrueAsync(async () => !(await keys.GetAsync("a", Strongly)).Found);
    }

    /// <summary>Two regions in one deployment, by prefixes.</summary>
    private GlobalKeys Global(int local)
    {
        var stores = TwoRegions.Index().ToDictionary(
            static pair => pair.Item,
            pair => new RealTimeStore(
                fixture.Channel,
                new RealTimeOptions { Prefix = $"{_options.Prefix}:{pair.Index}", Region = pair.Item, KeyValues = new KeyValuePolicy { FirstShard = pair.Index * 16 } }));
        return new RealTimeRegions(TwoRegions[local], stores).GlobalKeys("settings");
    }
}
