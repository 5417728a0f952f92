using System.Globalization;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>The script of the rate limiter, told the time, decides as the pure arithmetic does: clocks that jump, limits that change and all.</summary>
public sealed class GcraModelTests(RespPairConformance.Tier tier) : IClassFixture<RespPairConformance.Tier>
{
    private const long Second = TimeSpan.TicksPerSecond;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task The_script_decides_as_the_model(int seed)
    {
        Random random = new(seed);
        for (var run = 0; run < 25; run++)
        {
            var key = RedisArgument.Key(string.Create(CultureInfo.InvariantCulture, $"gcra:{seed}:{run}"));
            var limit = AnyLimit(random);
            // The theoretical arrival time, on the invented clock.
            var (now, at) = (random.NextInt64(1_000_000 * Second, 4_000_000_000 * Second) / 10 * 10, 0L);
            for (var step = 0; step < 40; step++)
            {
                limit = random.Next(20) == 0 ? AnyLimit(random) : limit;
                now += Pass(random, limit.Interval.Ticks) / 10 * 10;
                var cost = random.Next(5) == 0 ? 0 : random.Next(1, limit.Burst + 1);
                var (expected, ahead) = limit.Gcra.Decide(at - now, cost);
                var script = RedisRateLimiter.ScriptAtTime.Run(
                    [key], limit.Interval.Ticks, limit.Burst, cost, now / Second, now % Second / 10);

                Assert.Equal(expected, RedisRateLimiter.Read(await tier.Channel.ExecuteAsync(script)));
                if (expected.IsAllowed && cost > 0)
                {
                    at = now + ahead;
                    // By the server's own clock it might be over in the middle of the test.
                    await tier.Channel.ExecuteAsync(RedisCommand.Write("PERSIST", key));
                }
            }
        }
    }

    private static RateLimit AnyLimit(Random random)
    {
        var burst = random.Next(1, 30);
        return new RateLimit(random.Next(1, 1_000), TimeSpan.FromTicks(random.NextInt64(RateLimit.MinInterval.Ticks * 1_000, 100 * Second)), burst);
    }

    private static long Pass(Random random, long interval) => random.Next(10) switch
    {
        0 => -random.NextInt64(3 * interval + 1),
        1 => random.NextInt64(100 * interval + 1),
        2 => 0,
        _ => random.NextInt64(2 * interval + 1),
    };
}
