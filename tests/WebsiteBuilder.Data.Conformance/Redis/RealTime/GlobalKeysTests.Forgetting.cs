using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data.Conformance.Redis;

public sealed partial class GlobalKeysTests
{
    [Fact]
    public async Task A_deletion_that_was_forgotten_too_early_puts_those_out_of_touch_that_had_not_heard_of_it_and_nobody_else()
    {
        var keys = All.Select(region => At(region)).ToArray();
        await keys[0].SetAsync("a", Bytes("1"));
        await CopyAllAsync(keys);
        await keys[0].DeleteAsync("a");
        await keys[1].CopyAsync();
        await JumpAheadAsync(TimeSpan.FromDays(8));

        // The clock is right again. One region had heard of the deletion; the other one still has the value.
        Assert.Equal(0, (await keys[1].CopyAsync(isFull: true)).OutOfTouch);
        for (var round = 0; round < 2; round++)
        {
            Assert.Equal(1, (await keys[0].CopyAsync(isFull: true)).OutOfTouch);
            Assert.Null(await keys[0].GetAsync("a"));
        }

        Assert.Equal(1, (await keys[2].CopyAsync()).OutOfTouch);
        Assert.Null(await keys[2].GetAsync("a"));

        await keys[0].BeginAnewAsync();
        Assert.All(await Task.WhenAll(keys.Select(static one => one.CopyAsync(isFull: true))), static copy => Assert.Equal(0, copy.OutOfTouch));
        Assert.All(await Task.WhenAll(keys.Select(static one => one.GetAsync("a").AsTask())), Assert.Null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_deletion_that_is_refused_until_it_is_forgotten_puts_regions_out_of_touch_and_one_that_came_before_does_not(bool isRestamped)
    {
        var keys = All.Select(region => At(region)).ToArray();
        await keys[0].SetAsync("a", Bytes("1"));
        await CopyAllAsync(keys);
        await WriteAheadAsync("a", TimeSpan.FromDays(1), isDeletion: true);
        Assert.Equal(1, (await keys[1].CopyAsync()).Refused);
        Assert.Equal(1, (await keys[2].CopyAsync()).Refused);
        if (isRestamped)
        {
            await keys[0].RestampAsync();
            await keys[1].CopyAsync(isFull: true);
            await keys[2].CopyAsync(isFull: true);
        }

        await JumpAheadAsync(TimeSpan.FromDays(9));
        var outOfTouch = isRestamped ? 0 : 1;
        Assert.Equal(outOfTouch, (await keys[1].CopyAsync(isFull: true)).OutOfTouch);
        Assert.Equal(outOfTouch, (await keys[2].CopyAsync()).OutOfTouch);
        Assert.Equal(2 * outOfTouch, (await keys[0].CopyAsync(isFull: true)).OutOfTouch);
        Assert.Null(await keys[0].GetAsync("a"));
        Assert.Equal(isRestamped, await keys[1].GetAsync("a") is null);

        // What only that region knew is gone with it, so the deletion, too.
        await keys[0].BeginAnewAsync();
        Assert.All(await Task.WhenAll(keys.Select(static one => one.CopyAsync(isFull: true))), static copy => Assert.Equal(0, copy.OutOfTouch));
        Assert.Equal(isRestamped, await keys[0].GetAsync("a") is null);
    }

    [Fact]
    public async Task A_region_that_is_new_stays_in_touch_where_all_was_deleted_long_ago()
    {
        await WriteAheadAsync("a", TimeSpan.FromDays(-8), isDeletion: true);
        var (here, there) = (At(All[0]), At(All[1]));
        await here.CopyAsync();
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(new GlobalCopy(0, 0, 0), await there.CopyAsync());
            Assert.Equal(new GlobalCopy(0, 0, 0), await here.CopyAsync());
        }
    }

    /// <summary>Writes another key than "a" of its part in the home region while its clock is ahead by so much.</summary>
    private Task JumpAheadAsync(TimeSpan by)
    {
        var part = KeyPlace.Of("a", GlobalKeysPolicy.Default.Partitions).Partition;
        return WriteAheadAsync(Enumerable.Range(0, 1_000).Select(static at => $"k{at}").First(key => KeyPlace.Of(key, GlobalKeysPolicy.Default.Partitions).Partition == part), by);
    }
}
