using System.Text;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Global keys in three regions, each with servers of its own.</summary>
public sealed class GlobalKeysTests(GlobalKeysTests.Tier tier) : IClassFixture<GlobalKeysTests.Tier>
{
    private static readonly RegionId[] All = [RedisTier.Home, RegionId.Parse("eu-central-1"), RegionId.Parse("us-east-1")];

    private readonly string _prefix = Guid.NewGuid().ToString("n");

    [Fact]
    public async Task What_is_written_in_one_region_is_in_all_after_a_copy_and_the_last_one_stays()
    {
        var keys = All.Select(region => At(region)).ToArray();
        await keys[0].SetAsync("theme", Bytes("dark"));
        Assert.Equal("dark", Text(await keys[0].GetAsync("theme")));
        Assert.Null(await keys[1].GetAsync("theme"));
        Assert.Equal(new GlobalCopy(1, 1, 0), await keys[1].CopyAsync());
        Assert.Equal(new GlobalCopy(0, 0, 0), await keys[1].CopyAsync());
        var seen = await keys[1].GetAsync("theme");
        Assert.Equal(("dark", All[0]), (Text(seen), seen!.WrittenIn));

        // Known in the second region, so newer, whatever the clocks say; and it travels over a region in between.
        await keys[1].SetAsync("theme", Bytes("light"));
        await keys[2].CopyAsync();
        await keys[0].CopyAsync();
        Assert.All(await Task.WhenAll(keys.Select(static one => one.GetAsync("theme").AsTask())), static entry => Assert.Equal("light", Text(entry)));

        await keys[2].DeleteAsync("theme");
        await CopyAllAsync(keys);
        Assert.All(await Task.WhenAll(keys.Select(static one => one.GetAsync("theme").AsTask())), Assert.Null);
        Assert.True((await keys[0].CopyAsync(isFull: true)).Seen > 0);
        Assert.Null(await keys[0].GetAsync("theme"));
    }

    [Fact]
    public async Task Regions_that_write_the_same_keys_at_once_while_all_copy_have_the_same_in_the_end()
    {
        var keys = All.Select(region => At(region)).ToArray();
        await Task.WhenAll(keys.SelectMany((one, at) => Enumerable.Range(0, 4).Select(async worker =>
        {
            for (var round = 0; round < 50; round++)
            {
                var key = $"k{(round + worker) % 7}";
                await (round % 9 == 8 ? one.DeleteAsync(key) : one.SetAsync(key, Bytes($"{at}:{worker}:{round}")));
                if (round % 10 == worker)
                {
                    await one.CopyAsync(isFull: round % 20 == worker);
                }
            }
        })));
        await CopyAllAsync(keys);

        for (var key = 0; key < 7; key++)
        {
            var entries = await Task.WhenAll(keys.Select(one => one.GetAsync($"k{key}").AsTask()));
            Assert.Single(entries.Select(static entry => entry is null ? "" : $"{Text(entry)} {entry.WrittenAt:O} {entry.WrittenIn}").Distinct(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_region_that_lost_all_gets_it_back_and_one_that_is_away_is_left_for_later()
    {
        var keys = All.Select(region => At(region)).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 250).Select(at => keys[0].SetAsync($"k{at}", Bytes($"{at}"))));
        await keys[1].CopyAsync();
        await tier.Redis[All[1]].Primary.AdminAsync("FLUSHALL");
        Assert.Null(await keys[1].GetAsync("k7"));
        Assert.Equal(250, (await keys[1].CopyAsync()).Changed);
        Assert.Equal("7", Text(await keys[1].GetAsync("k7")));

        await tier.Redis[All[2]].Primary.KillAsync();
        try
        {
            await keys[1].SetAsync("k7", Bytes("new"));
            Assert.Equal(1, (await keys[0].CopyAsync()).Unreachable);
            Assert.Equal("new", Text(await keys[0].GetAsync("k7")));
        }
        finally
        {
            await tier.Redis[All[2]].Primary.StartAsync();
        }

        await Eventually.TrueAsync(async () => (await keys[0].CopyAsync()).Unreachable == 0);
    }

    [Fact]
    public async Task Copies_go_on_by_themselves_until_they_are_stopped()
    {
        var policy = GlobalKeysPolicy.Default with { Interval = TimeSpan.FromMilliseconds(20) };
        var (here, there) = (At(All[0], policy), At(All[1], policy));
        using CancellationTokenSource stop = new();
        var running = there.RunAsync(stop.Token);
        await here.SetAsync("a", Bytes("1"));
        await Eventually.TrueAsync(async () => await there.GetAsync("a") is not null);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Keys_of_a_jurisdiction_stay_in_it()
    {
        var europe = GlobalKeysPolicy.Default with { Jurisdiction = "eu", Regions = All[..2] };
        var keys = At(All[0], europe);
        await keys.SetAsync("a", Bytes("personal"));

        Assert.Throws<ArgumentException>(() => At(All[0], europe with { Regions = All }));
        Assert.Throws<ArgumentException>(() => At(All[2], europe));
        Assert.Throws<ArgumentException>(() => At(All[2], europe with { Regions = [All[2]] }));
        // A process that is set up otherwise gets nothing of it either.
        var abroad = At(All[2]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => abroad.CopyAsync());
        Assert.Null(await abroad.GetAsync("a"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await At(All[0]).GetAsync("a"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await At(All[0]).SetAsync("a", default));
        Assert.Equal("personal", Text(await keys.GetAsync("a")));
    }

    private static async Task CopyAllAsync(GlobalKeys[] keys)
    {
        for (var round = 0; round < 2; round++)
        {
            foreach (var one in keys)
            {
                await one.CopyAsync();
            }
        }
    }

    private GlobalKeys At(RegionId local, GlobalKeysPolicy? policy = null)
    {
        var stores = All.ToDictionary(
            static region => region,
            region => new RealTimeStore(tier.Channels[region], new RealTimeOptions
            {
                Prefix = _prefix,
                Region = region,
                Jurisdiction = region == All[2] ? "us" : "eu",
                KeyValues = new KeyValuePolicy { FirstShard = Array.IndexOf(All, region) * 16 },
            }));
        return new RealTimeRegions(local, stores).GlobalKeys("settings", policy);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(GlobalEntry? entry) => Encoding.UTF8.GetString(entry!.Value.Span);

    public sealed class Tier : RedisTier
    {
        public Dictionary<RegionId, RespChannel> Channels { get; } = [];

        protected override void Choose(LocalRedisOptions options)
        {
            foreach (var region in All)
            {
                options.Regions.Add(region);
            }
        }

        protected override Task StartedAsync()
        {
            foreach (var pair in Redis.Pairs)
            {
                Channels[pair.Region] = Open(pair.CreateChannelOptions(), static options => options.Timeout = TimeSpan.FromSeconds(10));
            }

            return Task.CompletedTask;
        }
    }
}
