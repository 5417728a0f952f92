namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    [Fact]
    public async Task A_counter_counts_every_addition_of_sixty_four_workers()
    {
        Assert.Equal(0, await Store.Counters.GetAsync("n"));
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async worker =>
        {
            for (var round = 0; round < 20; round++)
            {
                await Store.Counters.AddAsync("n", worker);
            }
        }));

        Assert.Equal(20 * 64 * 63 / 2, await Store.Counters.GetAsync("n"));
        Assert.Equal(20 * 64 * 63 / 2, await Store.Counters.TakeAsync("n"));
        Assert.Equal(0, await Store.Counters.TakeAsync("n"));
        Assert.Equal(-3, await Store.Counters.AddAsync("n", -3));
    }

    [Fact]
    public async Task An_operation_counts_once_however_often_it_is_repeated()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ => await Store.Counters.AddOnceAsync("n", "order 7}:", 5, Long)));
        Assert.Equal(1, results.Count(static result => result.IsAdded));
        Assert.All(results, static result => Assert.Equal(5, result.Value));
        Assert.Equal(new CounterResult(true, 10), await Store.Counters.AddOnceAsync("n", "order 8", 5, Long));
    }

    [Fact]
    public async Task A_bounded_counter_stays_within_its_bounds()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 200).Select(async _ => await Store.Counters.AddWithinAsync("n", 1, 0, 50)));
        Assert.Equal(50, added.Count(static result => result.IsAdded));
        Assert.Equal(new CounterResult(false, 50), await Store.Counters.AddWithinAsync("n", -51, 0, 50));
        Assert.Equal(new CounterResult(true, 0), await Store.Counters.AddWithinAsync("n", -50, 0, 50));
    }

    [Fact]
    public async Task A_counter_with_a_lifetime_ends_that_long_after_its_first_addition()
    {
        await Store.Counters.AddAsync("n", 1, TimeSpan.FromMilliseconds(300));
        await Eventually.TrueAsync(async () => await Store.Counters.AddAsync("n", 1, TimeSpan.FromMilliseconds(300)) == 1);
    }

    [Fact]
    public async Task A_counter_that_would_overflow_is_left_as_it_is()
    {
        await Store.Counters.AddAsync("n", long.MaxValue);
        Assert.Equal(RedisFaultKind.Rejected, (await Assert.ThrowsAsync<RedisFaultException>(async () => await Store.Counters.AddAsync("n"))).Kind);
        await Assert.ThrowsAsync<RedisFaultException>(async () => await Store.Counters.AddOnceAsync("n", "op", 1, Long));
        Assert.Equal(long.MaxValue, await Store.Counters.GetAsync("n"));
        await Store.Counters.TakeAsync("n");
        Assert.True((await Store.Counters.AddOnceAsync("n", "op", 1, Long)).IsAdded);
    }
}
