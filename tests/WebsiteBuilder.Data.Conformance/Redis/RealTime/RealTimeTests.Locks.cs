using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    [Fact]
    public async Task A_lock_has_one_holder_until_it_is_released()
    {
        var first = await Store.Locks.TryAcquireAsync("it", Long);
        Assert.NotNull(first);
        Assert.True(first.IsHeld);
        Assert.Null(await Store.Locks.TryAcquireAsync("it", Long));
        Assert.NotNull(await Store.Locks.TryAcquireAsync("another", Long));

        Assert.True(await first.ReleaseAsync());
        Assert.False(first.IsHeld);
        Assert.False(await first.ReleaseAsync());
        var second = await Store.Locks.TryAcquireAsync("it", Long);
        Assert.True(second!.Fence > first.Fence);
        await second.DisposeAsync();
        Assert.NotNull(await Store.Locks.TryAcquireAsync("it", Long));
    }

    [Fact]
    public async Task Whoever_lost_his_lease_can_neither_extend_nor_release_it()
    {
        var late = await Store.Locks.TryAcquireAsync("it", TimeSpan.FromMilliseconds(20));
        var next = await Store.Locks.AcquireAsync("it", Long, Long);

        Assert.True(next!.Fence > late!.Fence);
        Assert.False(late.IsHeld);
        Assert.False(await late.ExtendAsync(Long));
        Assert.False(await late.ReleaseAsync());
        Assert.Null(await Store.Locks.TryAcquireAsync("it", Long));
        Assert.True(await next.ExtendAsync(Long));
    }

    [Fact]
    public async Task A_lease_that_is_extended_stays()
    {
        await using var held = await Store.Locks.TryAcquireAsync("it", Long);
        Assert.True(await held!.ExtendAsync(Long * 2));

        Assert.True(held.Remaining > Long);
    }

    [Fact]
    public async Task Fences_grow_though_the_server_forgets_the_last_one_and_its_clock()
    {
        var first = await Store.Locks.TryAcquireAsync("it", Long);
        var ahead = first!.Fence + 3_600_000_000_000;
        await first.ReleaseAsync();
        var fence = RedisArgument.Key($"{_options.Prefix}:{{lock:it}}:fence");

        // A primary whose clock was ahead of this one's granted the last lock.
        await fixture.Channel.ExecuteAsync(RedisCommand.Write("SET", fence, ahead));
        await using (var second = await Store.Locks.TryAcquireAsync("it", Long))
        {
            Assert.Equal(ahead + 1, second!.Fence);
        }

        await fixture.Channel.ExecuteAsync(RedisCommand.Write("DEL", fence));
        await using var third = await Store.Locks.TryAcquireAsync("it", Long);
        Assert.True(third!.Fence > first.Fence);
    }

    [Fact]
    public async Task Work_under_a_lock_is_done_by_one_at_a_time_in_the_order_of_the_fences()
    {
        var (inside, total) = (0, 0);
        ConcurrentQueue<long> fences = [];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var round = 0; round < 5; round++)
            {
                await using var held = await Store.Locks.AcquireAsync("it", Long, TimeSpan.FromMinutes(2));
                Assert.Equal(1, Interlocked.Increment(ref inside));
                fences.Enqueue(held!.Fence);
                total++;
                Interlocked.Decrement(ref inside);
            }
        }));

        Assert.Equal(80, total);
        Assert.Equal(fences.Order(), fences);
        Assert.Equal(80, fences.Distinct().Count());
    }

    [Fact]
    public async Task A_lock_that_too_few_replicas_confirm_is_given_back()
    {
        if (!fixture.Replicates)
        {
            await Assert.ThrowsAsync<NotSupportedException>(async () => await Store.Locks.TryAcquireAsync("it", Long, new RedisDurability(1, Long)));
            return;
        }

        Assert.Null(await Store.Locks.TryAcquireAsync("it", Long, new RedisDurability(50, TimeSpan.FromMilliseconds(50))));
        await using var held = await Store.Locks.TryAcquireAsync("it", Long, new RedisDurability(1, Long));
        Assert.NotNull(held);
    }
}
