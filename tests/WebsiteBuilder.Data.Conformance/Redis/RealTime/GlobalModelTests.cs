using System.Globalization;
using System.Text;
using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>
/// The scripts of global keys, told the time: three regions with clocks that differ and jump write the same keys, and entries travel in any order, twice or not at all. What they
/// have in the end is what the pure arithmetic says.
/// </summary>
public sealed class GlobalModelTests(RespPairConformance.Tier tier) : IClassFixture<RespPairConformance.Tier>
{
    private const long Life = 1_000_000;
    private const long Skew = 20_000;

    private static readonly string[] Names = ["eu-west-1", "us-east-1", "ap-south-1"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Regions_converge_on_the_greatest_stamp_whatever_happens_on_the_way(int seed)
    {
        Random random = new(seed);
        var run = Guid.NewGuid().ToString("n");
        Region[] regions = [.. Names.Select((name, at) => new Region(tier.Channel, run, name, skew: (at - 1) * 4_000))];
        List<(string Key, byte[] Entry)> travelling = [];
        Dictionary<string, (HybridTime Time, byte[] Stamp, byte[] Entry)> greatest = new(StringComparer.Ordinal);
        var now = 1_764_000_000_000L;
        for (var step = 0; step < 400; step++)
        {
            now += random.Next(-30, 60);
            var region = regions[random.Next(regions.Length)];
            switch (random.Next(3))
            {
                case 0:
                    var key = $"k{random.Next(8)}";
                    var entry = await region.WriteAsync(now, key, random.Next(4) == 0 ? null : $"{step}");
                    if (region.Knows(key) is { } known)
                    {
                        Assert.True(StampedEntry.Read(entry).Time.IsAfter(StampedEntry.Read(known).Time), "A write wins over all that its region had seen.");
                    }

                    region.Note(key, entry);
                    if (!greatest.TryGetValue(key, out var best) || StampOf(entry).AsSpan().SequenceCompareTo(best.Stamp) > 0)
                    {
                        greatest[key] = (StampedEntry.Read(entry).Time, StampOf(entry), entry);
                    }

                    travelling.Add((key, entry));
                    break;
                case 1 when travelling.Count > 0:
                    // In any order, and some again and again; nothing is ever taken away from what may travel.
                    var some = Enumerable.Range(0, random.Next(1, 6)).Select(_ => travelling[random.Next(travelling.Count)]).ToList();
                    await region.MergeAsync(now, some);
                    break;
                default:
                    break;
            }
        }

        // What was lost on the way is made up for by a comparison of everything, over whichever regions.
        foreach (var (to, from) in new[] { (0, 1), (1, 2), (2, 0), (0, 2), (1, 0), (2, 1) })
        {
            await regions[to].MergeAsync(now, await regions[from].AllAsync());
        }

        foreach (var region in regions)
        {
            var all = await region.AllAsync();
            Assert.Equal(greatest.Keys.Order(StringComparer.Ordinal), all.Select(static pair => pair.Key).Order(StringComparer.Ordinal));
            Assert.All(all, pair => Assert.Equal(greatest[pair.Key].Entry, pair.Entry));
            Assert.Equal(0, await region.MergeAsync(now, all));
        }
    }

    [Fact]
    public async Task The_clock_of_the_scripts_is_the_pure_one()
    {
        Random random = new(6);
        Region region = new(tier.Channel, Guid.NewGuid().ToString("n"), Names[0], skew: 0);
        var (now, clock) = (1_764_000_000_000L, default(HybridTime));
        for (var step = 0; step < 300; step++)
        {
            now += random.Next(-3, 4);
            if (random.Next(3) == 0)
            {
                HybridTime seen = new(now + random.Next(-10, 10), random.Next(10) == 0 ? HybridTime.MaxCounter : random.Next(5));
                await region.MergeAsync(now, [("k", Encoding.ASCII.GetBytes($"v{seen}09us-east-1{step:d8}"))]);
                clock = clock.Seeing(seen);
            }
            else
            {
                clock = clock.Next(now);
                Assert.Equal(clock, StampedEntry.Read(await region.WriteAsync(now, "k", "v")).Time);
            }
        }
    }

    [Fact]
    public async Task A_deletion_is_kept_for_its_life_and_then_neither_stays_nor_comes_back()
    {
        var run = Guid.NewGuid().ToString("n");
        Region[] regions = [.. Names.Take(2).Select(name => new Region(tier.Channel, run, name, skew: 0))];
        var start = 1_764_000_000_000L;
        var old = await regions[0].WriteAsync(start, "a", "old");
        await regions[1].MergeAsync(start, [("a", old)]);
        await regions[0].WriteAsync(start + 1, "a", null);

        // A value that comes late doesn't undo it.
        Assert.Equal(0, await regions[0].MergeAsync(start + Life, [("a", old)]));
        await regions[1].MergeAsync(start + Life, await regions[0].AllAsync());
        Assert.Equal((byte)'d', (await regions[1].AllAsync()).Single().Entry[0]);

        await regions[0].WriteAsync(start + Life + 2, "b", "other");
        Assert.Equal("b", (await regions[0].AllAsync()).Single().Key);
        // The other one still has it, and a comparison of everything doesn't bring it back.
        Assert.Equal(0, await regions[0].MergeAsync(start + Life + 2, await regions[1].AllAsync()));
        Assert.Equal("b", (await regions[0].AllAsync()).Single().Key);
        // Where it came later it is known for as long; then it is forgotten there, too, and isn't handed to and fro.
        await regions[1].MergeAsync(start + (2 * Life), await regions[0].AllAsync());
        Assert.Equal(["a", "b"], (await regions[1].AllAsync()).Select(static pair => pair.Key).Order(StringComparer.Ordinal));
        await regions[1].MergeAsync(start + (2 * Life) + 1, await regions[0].AllAsync());
        Assert.Equal("b", (await regions[1].AllAsync()).Single().Key);
    }

    [Fact]
    public async Task A_stamp_too_far_ahead_is_refused_and_taken_in_when_its_time_has_come_and_sets_no_clock_before()
    {
        var run = Guid.NewGuid().ToString("n");
        Region[] regions = [.. Names.Take(2).Select(name => new Region(tier.Channel, run, name, skew: 0))];
        var now = 1_764_000_000_000L;
        var ahead = await regions[0].WriteAsync(now + Skew + 5, "a", "from the future");
        var good = await regions[0].WriteAsync(now + Skew + 5, "b", "too");
        Assert.Equal((0, 2, 5), await regions[1].OfferAsync(now, [("a", ahead), ("b", good)]));
        Assert.Equal(now, StampedEntry.Read(await regions[1].WriteAsync(now, "c", "here")).Time.Milliseconds);
        Assert.Equal((0, 2, 1), await regions[1].OfferAsync(now + 4, [("a", ahead), ("b", good)]));
        Assert.Equal((2, 0, 0), await regions[1].OfferAsync(now + 5, [("a", ahead), ("b", good)]));
        Assert.Equal((0, 0, 0), await regions[1].OfferAsync(now, [("a", ahead)]));

        // Where the clock was ahead and is right again, only keys that were written meanwhile stay ahead, and what follows them is after them.
        Assert.Equal(now - Skew, StampedEntry.Read(await regions[0].WriteAsync(now - Skew, "other", "1")).Time.Milliseconds);
        Assert.Equal(now + Skew + 5, StampedEntry.Read(await regions[0].WriteAsync(now - Skew, "a", "2")).Time.Milliseconds);
        Assert.Equal(now - Skew, StampedEntry.Read(await regions[0].WriteAsync(now - Skew, "another", "3")).Time.Milliseconds);
    }

    [Fact]
    public async Task A_deletion_is_known_for_its_life_from_when_it_came_whatever_its_stamp()
    {
        var run = Guid.NewGuid().ToString("n");
        Region[] regions = [.. Names.Take(2).Select(name => new Region(tier.Channel, run, name, skew: 0))];
        var now = 1_764_000_000_000L;
        var late = await regions[0].WriteAsync(now - Life + 10, "late", null);
        var early = await regions[0].WriteAsync(now + Skew, "early", null);
        await regions[1].MergeAsync(now, [("late", late), ("early", early)]);
        await regions[1].WriteAsync(now + Life, "x", "1");
        Assert.Equal(["early", "late", "x"], (await regions[1].AllAsync()).Select(static pair => pair.Key).Order(StringComparer.Ordinal));
        await regions[1].WriteAsync(now + Life + 1, "x", "2");
        Assert.Equal("x", (await regions[1].AllAsync()).Single().Key);

        // What it has forgotten last is remembered: its time, and the number of the change, of which each is the time in microseconds or the next one.
        Assert.Equal((now, (now * 1_000) + 1), await regions[1].ForgottenAsync());
        Assert.Equal((now - Life + 10, (now - Life + 10) * 1_000), await regions[0].ForgottenAsync());
    }

    [Fact]
    public async Task Nothing_is_taken_from_a_page_that_was_on_its_way_when_a_deletion_was_forgotten_that_it_may_undo()
    {
        Region region = new(tier.Channel, Guid.NewGuid().ToString("n"), Names[0], skew: 0);
        var now = 1_764_000_000_000L;
        var old = await region.WriteAsync(now, "a", "old");
        await region.WriteAsync(now + 1, "a", null);
        await region.WriteAsync(now + Life + 2, "b", "1");
        Assert.Equal("b", (await region.AllAsync()).Single().Key);
        Assert.Null(await region.OfferAsync(now, [("a", old)], forgotten: ((now + 1) * 1_000) - 1));
        Assert.Equal("b", (await region.AllAsync()).Single().Key);

        // Whoever had heard of that deletion has no older value, but one that was written since.
        Assert.Equal((1, 0, 0), await region.OfferAsync(now, [("a", old)], forgotten: (now + 1) * 1_000));
    }

    [Fact]
    public async Task A_refused_deletion_is_not_heard_of_until_a_copy_of_everything_and_no_copy_is_complete_that_began_before_its_region_did()
    {
        var run = Guid.NewGuid().ToString("n");
        Region[] regions = [.. Names.Take(2).Select(name => new Region(tier.Channel, run, name, skew: 0))];
        var now = 1_764_000_000_000L;
        var ahead = await regions[0].WriteAsync(now + Skew + 5, "a", null);
        var good = await regions[0].WriteAsync(now, "x", "1");
        Assert.Equal((1, 1, 5), await regions[1].OfferAsync(now, [("x", good), ("a", ahead)]));
        var (cursor, refused, touch) = await regions[1].SightAsync();
        Assert.Equal((2, now * 1_000, 1, 0), (cursor, refused, touch.Heard, touch.Copied));

        // Another one is refused before the copy of everything ends, then none.
        Assert.Equal((0, 1, 4), await regions[1].OfferAsync(now + 1, [("x", good), ("a", ahead)]));
        await regions[1].CopiedAsync(now + 2, refused, cursor);
        Assert.Equal((1, now + 2), ((await regions[1].SightAsync()).Touch.Heard, (await regions[1].SightAsync()).Touch.Copied));
        await regions[1].CopiedAsync(now + 3, (await regions[1].SightAsync()).Refused, cursor);
        (cursor, refused, touch) = await regions[1].SightAsync();
        Assert.Equal((2, 0, 2, now + 3), (cursor, refused, touch.Heard, touch.Copied));

        // One that came further than is known here was cut short by a failover.
        await regions[1].CopiedAsync(now + 4, 0, cursor + 1);
        Assert.Equal(now + 3, (await regions[1].SightAsync()).Touch.Copied);

        Assert.Equal(now, touch.Began);
        await regions[1].BeginAsync();
        await regions[1].CopiedAsync(now + 4, 0, 0);
        (cursor, _, touch) = await regions[1].SightAsync();
        Assert.Equal((0, 0, 0), (cursor, touch.Heard, touch.Copied));
        Assert.NotInRange(touch.Began, 0, now + 4);
    }

    [Fact]
    public async Task A_deletion_whose_number_is_gone_counts_as_the_latest_when_it_is_forgotten_and_stopped_all_writes()
    {
        Region region = new(tier.Channel, Guid.NewGuid().ToString("n"), Names[0], skew: 0);
        var now = 1_764_000_000_000L;
        await region.WriteAsync(now, "a", null);
        await region.LoseNumbersAsync();
        var later = now + Life + 1;
        await region.WriteAsync(later, "b", "1");

        var (time, number) = await region.ForgottenAsync();
        Assert.Equal((now, later), (time, number / 1_000));
    }

    [Fact]
    public async Task A_copy_that_began_while_the_clock_was_ahead_began_when_it_was_set_right()
    {
        Region region = new(tier.Channel, Guid.NewGuid().ToString("n"), Names[0], skew: 0);
        var now = 1_764_000_000_000L;
        await region.WriteAsync(now + Life, "a", "1");
        Assert.Equal(now + Life, (await region.SightAsync()).Touch.Began);
        await region.WriteAsync(now, "a", "2");
        await region.WriteAsync(now + 1, "a", "3");
        Assert.Equal(now, (await region.SightAsync()).Touch.Began);
    }

    private static byte[] StampOf(byte[] entry) => entry[1..(31 + int.Parse(Encoding.ASCII.GetString(entry, 21, 2), CultureInfo.InvariantCulture))];

    private sealed class Region(IRedisChannel channel, string run, string name, int skew)
    {
        private readonly RedisArgument[] _keys = [.. new[] { "head", "entries", "order", "deleted" }.Select(part => RedisArgument.Key($"{{{run}:{name}}}:{part}"))];
        private readonly Dictionary<string, byte[]> _known = new(StringComparer.Ordinal);
        private int _writes;

        public byte[]? Knows(string key) => _known.GetValueOrDefault(key);

        public void Note(string key, byte[] entry) => _known[key] = entry;

        public async Task<byte[]> WriteAsync(long now, string key, string? value)
        {
            var own = string.Create(CultureInfo.InvariantCulture, $"{++_writes:d8}");
            var measured = StampedEntry.Measured(RegionId.Parse(name));
            var head = (await RunAsync(GlobalScripts.WriteAtTime, now, "", Life, Skew, measured, own, value is null ? "d" : "v", key, value ?? "")).AsBytes()!;
            return [.. head, .. Encoding.UTF8.GetBytes(value ?? "")];
        }

        public async Task<long> MergeAsync(long now, IReadOnlyList<(string Key, byte[] Entry)> entries) => (await OfferAsync(now, entries))!.Value.Changed;

        /// <summary>Offers entries as the first changes of a region, counted from 1.</summary>
        public async Task<(long Changed, long Refused, long Wait)?> OfferAsync(long now, IReadOnlyList<(string Key, byte[] Entry)> entries, long forgotten = long.MaxValue)
        {
            RedisArgument[] arguments = ["", Life, Skew, "elsewhere", 0, entries.Count, forgotten, .. entries.Index().SelectMany(static one => new RedisArgument[] { one.Index + 1, one.Item.Key, one.Item.Entry })];
            var reply = (await RunAsync(GlobalScripts.MergeAtTime, now, arguments)).AsItems();
            return reply.Length == 0 ? null : (reply[0].AsInt64(), reply[1].AsInt64(), reply[2].AsInt64());
        }

        public async Task<(long Cursor, long Refused, GlobalTouch Touch)> SightAsync()
        {
            var sight = await channel.ExecuteAsync(GlobalScripts.Sight.Run(_keys, "", "elsewhere"));
            return (sight.AsItems()[0].AsInt64(), sight.Items[1].AsInt64(), GlobalTouch.Read(sight.Items[2..]));
        }

        public async Task<(long Time, long Number)> ForgottenAsync() => (await SightAsync()).Touch is var touch ? (touch.ForgottenOf, touch.Forgotten) : default;

        public async Task CopiedAsync(long began, long refused, long cursor) =>
            await channel.ExecuteAsync(GlobalScripts.Copied.Run(_keys, "", 1_000_000_000_000, Skew, "elsewhere", began, refused, cursor));

        public async Task LoseNumbersAsync() => await channel.ExecuteAsync(RedisCommand.Write("DEL", _keys[2]));

        public async Task BeginAsync() => await channel.ExecuteAsync(GlobalScripts.Begin.Run(_keys, "", Life, Skew));

        public async Task<IReadOnlyList<(string Key, byte[] Entry)>> AllAsync()
        {
            List<(string, byte[])> all = [];
            for (var cursor = 0L; ;)
            {
                var page = await channel.ExecuteAsync(GlobalScripts.Page.Run(_keys, "", cursor, 3, "elsewhere"));
                if (page.AsItems().Length == 1 + GlobalTouch.Parts)
                {
                    return all;
                }

                cursor = page.Items[0].AsInt64();
                for (var at = 1 + GlobalTouch.Parts; at < page.Items.Length; at += 3)
                {
                    all.Add((page.Items[at + 1].AsString()!, page.Items[at + 2].AsBytes()!));
                }
            }
        }

        private async Task<RedisReply> RunAsync(RedisScript script, long now, params RedisArgument[] arguments) =>
            await channel.ExecuteAsync(script.Run(_keys, [(now + skew) / 1_000, (now + skew) % 1_000 * 1_000, .. arguments]));
    }
}
