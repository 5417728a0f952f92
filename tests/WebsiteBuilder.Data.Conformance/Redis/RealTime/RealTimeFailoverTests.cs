using System.Text;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>What a replica confirmed survives the primary's death, if Sentinels promote that replica.</summary>
public sealed class RealTimeFailoverTests(RealTimeFailoverTests.Tier tier) : IClassFixture<RealTimeFailoverTests.Tier>
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private static readonly RedisDurability Confirmed = new(1, TimeSpan.FromSeconds(10));

    [Fact]
    public async Task What_was_confirmed_survives_a_killed_primary_and_fences_grow_on()
    {
        var options = tier.Redis.CreateSentinelOptions();
        options.Timeout = RedisTier.Patience;
        await using var channel = new RespChannel(options);
        var store = new RealTimeStore(channel);
        var queue = store.Queue("work");
        var held = await store.Locks.TryAcquireAsync("it", Long, Confirmed);
        var stays = await store.Sessions.CreateAsync("ann", durability: Confirmed);
        var revoked = await store.Sessions.CreateAsync("bob");
        Assert.Equal(new RevokedSessions(1, 1), await store.Sessions.RevokeAsync(revoked.Id, Confirmed));
        Assert.Equal(1, await queue.AddAsync([Encoding.UTF8.GetBytes("a")], Confirmed));
        var keys = store.KeyValues();
        var written = await keys.SetAsync("k", "kept"u8.ToArray(), new KeyValueWriteOptions { Durability = Confirmed, Timeout = TimeSpan.FromSeconds(10) });
        Assert.Equal(1, written.Replicas);

        var watched = tier.Redis.Watched!;
        await watched.Primary.KillAsync();
        await Eventually.TrueAsync(() => RedisTier.IsPrimaryAsync(watched.Replica), TimeSpan.FromSeconds(20), "the Sentinels promote");
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    return await store.Sessions.TouchAsync(stays.Id) is not null;
                }
                catch (RedisFaultException fault) when (fault.IsTransient)
                {
                    return false;
                }
            },
            TimeSpan.FromSeconds(20),
            "the new primary is followed");

        // The session isn't told of a loss, since there was none.
        Assert.Equal(written.Version, (await keys.GetAsync("k", new ReadOptions { Timeout = TimeSpan.FromSeconds(10) })).Value!.Version);
        Assert.Null(await store.Sessions.FindAsync(revoked.Id));
        Assert.Null(await store.Locks.TryAcquireAsync("it", Long));
        Assert.True(await held!.ExtendAsync(Long));
        Assert.True(await held.ReleaseAsync());
        await using var next = await store.Locks.TryAcquireAsync("it", Long);
        Assert.True(next!.Fence > held.Fence);
        Assert.Single(await queue.TakeAsync("c"));
    }

    public sealed class Tier : RedisTier
    {
        protected override void Choose(LocalRedisOptions options) => options.Sentinels = true;
    }
}
