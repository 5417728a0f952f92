namespace WebsiteBuilder.Data.Conformance.Redis;

public abstract partial class RealTimeTests<TFixture>
{
    [Fact]
    public async Task A_burst_is_let_pass_and_no_more()
    {
        RateLimit limit = new(5, TimeSpan.FromHours(1));
        for (var left = 4; left >= 0; left--)
        {
            var taken = await Store.RateLimiter.TakeAsync("who", limit);
            Assert.Equal((true, left, TimeSpan.Zero), (taken.IsAllowed, taken.Remaining, taken.RetryAfter));
        }

        var refused = await Store.RateLimiter.TakeAsync("who", limit);
        Assert.Equal((false, 0), (refused.IsAllowed, refused.Remaining));
        Assert.InRange(refused.RetryAfter, TimeSpan.FromTicks(1), limit.Interval);
        Assert.InRange(refused.ResetAfter, TimeSpan.FromMinutes(50), TimeSpan.FromHours(1));
        Assert.True((await Store.RateLimiter.TakeAsync("{who}:}", limit)).IsAllowed);

        await Store.RateLimiter.ResetAsync("who");
        Assert.Equal(4, (await Store.RateLimiter.TakeAsync("who", limit)).Remaining);
    }

    [Fact]
    public async Task Several_permits_are_taken_all_or_none()
    {
        RateLimit limit = new(10, TimeSpan.FromHours(1));
        Assert.Equal(3, (await Store.RateLimiter.TakeAsync("who", limit, 7)).Remaining);
        Assert.Equal((false, 3), Of(await Store.RateLimiter.TakeAsync("who", limit, 4)));
        Assert.Equal((true, 3), Of(await Store.RateLimiter.PeekAsync("who", limit)));
        Assert.Equal((true, 0), Of(await Store.RateLimiter.TakeAsync("who", limit, 3)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.RateLimiter.TakeAsync("who", limit, 11));

        static (bool, int) Of(RateDecision decision) => (decision.IsAllowed, decision.Remaining);
    }

    [Fact]
    public async Task A_limit_is_exact_under_sixty_four_workers()
    {
        RateLimit limit = new(100, TimeSpan.FromDays(1));
        var decisions = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            var allowed = 0;
            for (var round = 0; round < 10; round++)
            {
                allowed += (await Store.RateLimiter.TakeAsync("all", limit)).IsAllowed ? 1 : 0;
            }

            return allowed;
        }));

        Assert.Equal(100, decisions.Sum());
    }

    [Fact]
    public async Task Permits_come_back_evenly_and_never_faster()
    {
        RateLimit limit = new(50, TimeSpan.FromSeconds(1), burst: 2);
        var start = TimeProvider.System.GetTimestamp();
        var allowed = 0;
        await Eventually.TrueAsync(async () =>
        {
            allowed += (await Store.RateLimiter.TakeAsync("who", limit)).IsAllowed ? 1 : 0;
            return allowed == 10;
        });

        Assert.True(TimeProvider.System.GetElapsedTime(start) >= limit.Interval * 8 - TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task A_key_that_is_left_alone_is_forgotten()
    {
        RateLimit limit = new(20, TimeSpan.FromSeconds(1));
        await Store.RateLimiter.TakeAsync("who", limit);

        await Eventually.TrueAsync(async () =>
            (await fixture.Channel.ExecuteAsync(RedisCommand.Read("EXISTS", RedisArgument.Key($"{_options.Prefix}:{{rate:who}}:tat")))).AsInt64() == 0);
        Assert.Equal(19, (await Store.RateLimiter.TakeAsync("who", limit)).Remaining);
    }
}
