using System.Globalization;
using System.Text;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>Global keys in three regions, each with servers of its own.</summary>
public sealed partial class GlobalKeysTests(GlobalKeysTests.Tier tier) : IClassFixture<GlobalKeysTests.Tier>
{
    private static readonly RegionId[] All = [RedisTier.Home, RegionId.Parse("eu-central-1"), RegionId.Parse("us-east-1")];

    private static readonly string[] Parts = ["head", "entries", "order", "deleted"];

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

    [Fact]
    public async Task One_regions_wrong_clock_stays_its_own_until_its_time_has_come()
    {
        var policy = GlobalKeysPolicy.Default with { MaxClockSkew = TimeSpan.FromSeconds(1), Interval = TimeSpan.FromMilliseconds(20) };
        var (here, there) = (At(All[0], policy), At(All[1], policy));
        await WriteAheadAsync("soon", TimeSpan.FromSeconds(3));
        await WriteAheadAsync("in years", TimeSpan.FromDays(4_000));
        await here.SetAsync("now", Bytes("1"));
        Assert.Equal((3, 1, 2), await CopyAsync());
        Assert.Null(await there.GetAsync("in years"));
        Assert.InRange((await there.SetAsync("own", Bytes("1"))).WrittenAt - (await here.GetAsync("now"))!.WrittenAt, TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
        // Its place in the order of changes has gone by; a full copy finds it again.
        Assert.Equal((0, 0, 0), await CopyAsync());

        using CancellationTokenSource stop = new();
        var running = there.RunAsync(stop.Token);
        await Eventually.TrueAsync(async () => await there.GetAsync("soon") is not null, TimeSpan.FromSeconds(30));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Null(await there.GetAsync("in years"));

        // The clock is right again, and who is responsible says so.
        Assert.Equal(1, await here.RestampAsync());
        Assert.Equal(0, await here.RestampAsync());
        Assert.Equal((1, 1, 0), await CopyAsync());
        Assert.Equal("ahead", Text(await there.GetAsync("in years")));
        await there.SetAsync("in years", Bytes("later"));
        await here.CopyAsync();
        Assert.Equal("later", Text(await here.GetAsync("in years")));

        async Task<(long Seen, long Changed, long Refused)> CopyAsync()
        {
            var copy = await there.CopyAsync();
            return (copy.Seen, copy.Changed, copy.Refused);
        }
    }

    [Fact]
    public async Task Regions_that_were_out_of_touch_for_longer_than_deletions_are_known_bring_nothing_back()
    {
        var (here, there) = (At(All[0]), At(All[1]));
        await here.SetAsync("deleted", Bytes("old"));
        await here.SetAsync("kept", Bytes("1"));
        await there.CopyAsync();
        await here.CopyAsync();

        // Eight days go by in which they don't hear of each other; a deletion is made and forgotten.
        foreach (var (one, other) in new[] { (0, 1), (1, 0) })
        {
            var channel = tier.Channels[All[one]];
            for (var part = 0; part < GlobalKeysPolicy.Default.Partitions; part++)
            {
                var head = KeysOf(All[one], part)[0];
                var old = (await channel.ExecuteAsync(RedisCommand.Read("TIME"))).AsItems()[0].AsInt64() * 1_000 - (long)TimeSpan.FromDays(8).TotalMilliseconds;
                await channel.ExecuteAsync(RedisCommand.Write("HSET", head, "b", old, $"m:{All[other]}", old));
            }
        }

        var keys = KeysOf(All[0], KeyPlace.Of("deleted", GlobalKeysPolicy.Default.Partitions).Partition);
        await tier.Channels[All[0]].ExecuteAsync(RedisCommand.Write("HDEL", keys[1], "deleted"));
        await tier.Channels[All[0]].ExecuteAsync(RedisCommand.Write("ZREM", keys[2], "deleted"));

        // They copy neither way, not even what is new, however often it is tried.
        await here.SetAsync("new", Bytes("1"));
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(1, (await here.CopyAsync(isFull: true)).OutOfTouch);
            Assert.Equal(1, (await there.CopyAsync()).OutOfTouch);
            Assert.Null(await here.GetAsync("deleted"));
            Assert.Null(await there.GetAsync("new"));
        }

        await there.BeginAnewAsync();
        Assert.Null(await there.GetAsync("kept"));
        var copy = await there.CopyAsync();
        Assert.Equal((2, 2, 0), (copy.Seen, copy.Changed, copy.OutOfTouch));
        Assert.Equal("1", Text(await there.GetAsync("kept")));
        await there.SetAsync("theirs", Bytes("2"));
        Assert.Equal(0, (await here.CopyAsync(isFull: true)).OutOfTouch);
        Assert.Equal("2", Text(await here.GetAsync("theirs")));
        Assert.Null(await here.GetAsync("deleted"));
        Assert.Null(await there.GetAsync("deleted"));
    }

    [Fact]
    public async Task Beginning_anew_does_not_hold_up_the_server_until_all_is_freed()
    {
        var here = At(All[0]);
        await here.SetAsync("a", Bytes("1"));
        var before = await CallsAsync();
        await here.BeginAnewAsync();
        Assert.Equal((before.Del, before.Unlink + GlobalKeysPolicy.Default.Partitions), await CallsAsync());
        Assert.Null(await here.GetAsync("a"));

        async Task<(long Del, long Unlink)> CallsAsync()
        {
            var lines = (await tier.Channels[All[0]].ExecuteAsync(RedisCommand.Read("INFO", "commandstats"))).AsString()!.Split("\r\n");
            return (CallsOf("del"), CallsOf("unlink"));

            long CallsOf(string command) => lines.FirstOrDefault(line => line.StartsWith($"cmdstat_{command}:calls=", StringComparison.Ordinal)) is { } line
                ? long.Parse(line.Split('=', ',')[1], CultureInfo.InvariantCulture)
                : 0;
        }
    }

    private async Task WriteAheadAsync(string key, TimeSpan by, bool isDeletion = false)
    {
        var policy = GlobalKeysPolicy.Default;
        var at = (await tier.Channels[All[0]].ExecuteAsync(RedisCommand.Read("TIME"))).AsItems()[0].AsInt64() + (long)by.TotalSeconds;
        await tier.Channels[All[0]].ExecuteAsync(GlobalScripts.WriteAtTime.Run(
            KeysOf(All[0], KeyPlace.Of(key, policy.Partitions).Partition), at, 0, "", (long)policy.TombstoneLife.TotalMilliseconds, 1_000, StampedEntry.Measured(All[0]), "00000001", isDeletion ? "d" : "v", key, isDeletion ? "" : "ahead"));
    }

    private RedisArgument[] KeysOf(RegionId region, int partition)
    {
        var keys = Stores()[region].Context.Keys;
        return [.. Parts.Select(part => keys.Key("global", $"settings/{partition}", part))];
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

    private GlobalKeys At(RegionId local, GlobalKeysPolicy? policy = null) => new RealTimeRegions(local, Stores()).GlobalKeys("settings", policy);

    private Dictionary<RegionId, RealTimeStore> Stores() => All.ToDictionary(
        static region => region,
        region => new RealTimeStore(tier.Channels[region], new RealTimeOptions
        {
            Prefix = _prefix,
            Region = region,
            Jurisdiction = region == All[2] ? "us" : "eu",
            KeyValues = new KeyValuePolicy { FirstShard = Array.IndexOf(All, region) * 16 },
        }));

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
