using System.Globalization;
using System.Text;

namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    private static readonly ReadOptions Patiently = new() { Timeout = TimeSpan.FromSeconds(30) };
    private static readonly ReadOptions Strongly = new() { Consistency = ConsistencyLevel.Strong, Timeout = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task A_key_is_written_read_and_deleted_and_versions_grow_over_all_of_it()
    {
        var keys = With(static options => options.Region = RedisTier.Home).KeyValues();
        Assert.False((await keys.GetAsync("a", Patiently)).Found);

        var first = await keys.SetAsync("a", Bytes("one"));
        Assert.Equal((RedisTier.Home, true, 0), (first.Region, first.IsApplied, first.Replicas));
        var read = await keys.GetAsync("a", Patiently);
        Assert.Equal(("a", "one", first.Version), (read.Value!.Key, Text(read.Value), read.Value.Version));
        Assert.Equal(RedisTier.Home, read.Region);

        var second = await keys.SetAsync("a", default);
        Assert.True(second.Version > first.Version);
        Assert.Equal(0, (await keys.GetAsync("a", Patiently)).Value!.Value.Length);
        var gone = await keys.DeleteAsync("a");
        Assert.True(gone.IsApplied && gone.Version > second.Version);
        Assert.Null((await keys.GetAsync("a", Patiently)).Value);
        Assert.True((await keys.SetAsync("a", Bytes("again"))).Version > gone.Version);
    }

    [Fact]
    public async Task An_expected_version_decides()
    {
        var keys = Store.KeyValues();
        KeyValueWriteOptions none = new() { ExpectedVersion = 0 };
        var first = await keys.SetAsync("a", Bytes("one"), none);
        Assert.True(first.IsApplied);
        Assert.Equal(first with { IsApplied = false }, await keys.SetAsync("a", Bytes("two"), none));
        Assert.Equal(first with { IsApplied = false }, await keys.DeleteAsync("a", none));

        KeyValueWriteOptions known = new() { ExpectedVersion = first.Version };
        var second = await keys.SetAsync("a", Bytes("two"), known);
        Assert.True(second.IsApplied);
        Assert.Equal(second with { IsApplied = false }, await keys.SetAsync("a", Bytes("three"), known));
        Assert.Equal("two", Text((await keys.GetAsync("a", Strongly)).Value!));

        Assert.True((await keys.DeleteAsync("a", new KeyValueWriteOptions { ExpectedVersion = second.Version })).IsApplied);
        Assert.Equal((false, 0), (await keys.SetAsync("a", Bytes("four"), known)) is var late ? (late.IsApplied, late.Version) : default);
    }

    [Fact]
    public async Task Sixty_four_workers_who_compare_and_set_lose_no_addition()
    {
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            var keys = Store.KeyValues();
            for (var done = 0; done < 5;)
            {
                var entry = (await keys.GetAsync("n", Strongly)).Value;
                var next = entry is null ? 1 : int.Parse(Text(entry), CultureInfo.InvariantCulture) + 1;
                done += (await keys.SetAsync("n", Bytes($"{next}"), new KeyValueWriteOptions { ExpectedVersion = entry?.Version ?? 0, Timeout = Long })).IsApplied ? 1 : 0;
            }
        }));

        Assert.Equal("320", Text((await Store.KeyValues().GetAsync("n", Strongly)).Value!));
    }

    [Fact]
    public async Task A_key_ends_when_it_is_told_to_and_the_next_version_is_greater()
    {
        var keys = Store.KeyValues();
        var first = await keys.SetAsync("a", Bytes("one"), new KeyValueWriteOptions { Expiry = TimeSpan.FromMilliseconds(200) });
        await Eventually.TrueAsync(async () => !(await keys.GetAsync("a", Patiently)).Found);
        var second = await keys.SetAsync("a", Bytes("two"), new KeyValueWriteOptions { ExpectedVersion = 0, Expiry = Long });
        Assert.True(second.IsApplied && second.Version > first.Version);
    }

    [Fact]
    public async Task Many_keys_are_read_at_once_and_each_says_what_it_has()
    {
        var keys = Store.KeyValues();
        string[] names = [.. Enumerable.Range(0, 100).Select(static at => $"}}:{{{at}")];
        var written = await Task.WhenAll(names.Where(static (_, at) => at % 2 == 0).Select(name => keys.SetAsync(name, Bytes(name))));
        var read = await keys.GetManyAsync([.. names, names[0]], Patiently);

        Assert.Equal(50, read.Value.Count);
        Assert.Equal(written.Select(static result => result.Version).Order(), read.Value.Values.Select(static entry => entry.Version).Order());
        Assert.All(read.Value.Values, static entry => Assert.Equal(entry.Key, Text(entry)));
        Assert.Empty((await keys.GetManyAsync([], Patiently)).Value);
    }

    [Fact]
    public async Task A_session_reads_what_it_wrote_wherever_it_asks_and_after_a_restart()
    {
        var keys = Store.KeyValues();
        for (var round = 0; round < 200; round++)
        {
            var written = await keys.SetAsync($"k{round % 3}", Bytes($"{round}"));
            Assert.Equal($"{round}", Text((await keys.GetAsync($"k{round % 3}", Patiently)).Value!));
            var resumed = Store.KeyValues(SessionToken.Parse(keys.Token.ToString()));
            Assert.Equal(written.Version, (await resumed.GetManyAsync([$"k{round % 3}"], Patiently)).Value.Values.Single().Version);
        }
    }

    [Fact]
    public async Task Reads_and_writes_of_one_session_side_by_side_never_look_like_a_loss()
    {
        var keys = With(static options => options.KeyValues = new KeyValuePolicy { Partitions = 1 }).KeyValues();
        await Task.WhenAll(Enumerable.Range(0, 32).Select(async worker =>
        {
            for (var round = 0; round < 30; round++)
            {
                if (worker % 2 == 0)
                {
                    await keys.SetAsync($"k{worker}", Bytes($"{round}"), new KeyValueWriteOptions { Timeout = Long });
                }
                else
                {
                    await keys.GetAsync($"k{worker - 1}", round % 2 == 0 ? Patiently : Strongly);
                }
            }
        }));
    }

    [Fact]
    public async Task A_write_waits_for_replicas_where_that_is_asked_for()
    {
        if (!fixture.Replicates)
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => Store.KeyValues().SetAsync("a", default, new KeyValueWriteOptions { Durability = RedisDurability.OneReplica }));
            return;
        }

        var keys = Store.KeyValues();
        KeyValueWriteOptions durably = new() { Durability = new RedisDurability(1, Long) };
        Assert.Equal(1, (await keys.SetAsync("a", Bytes("one"), durably)).Replicas);
        Assert.Equal(1, (await keys.DeleteAsync("a", durably)).Replicas);
    }

    [Fact]
    public async Task What_is_out_of_range_is_refused_before_anything_is_sent()
    {
        var keys = Store.KeyValues();
        await Assert.ThrowsAsync<ArgumentException>(() => keys.SetAsync("", default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => keys.SetAsync(new string('k', 257), default));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => keys.SetAsync("a", new byte[IKeyValueStore.MaxValueLength + 1]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => keys.SetAsync("a", default, new KeyValueWriteOptions { ExpectedVersion = -1 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => keys.SetAsync("a", default, new KeyValueWriteOptions { Expiry = TimeSpan.Zero }));
        await Assert.ThrowsAsync<ArgumentException>(() => keys.DeleteAsync("a", new KeyValueWriteOptions { Expiry = Long }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await keys.GetAsync("a", new ReadOptions { Region = RegionId.Parse("elsewhere-1") }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await keys.GetManyAsync(new string[IKeyValueStore.MaxKeys + 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => With(static options => options.KeyValues = new KeyValuePolicy { FirstShard = 16_380 }));
        Assert.True(keys.Token.IsEmpty);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(KeyValueEntry entry) => Encoding.UTF8.GetString(entry.Value.Span);
}
