using System.Globalization;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>A cluster whose slots move and whose primaries die.</summary>
public sealed class ClusterFaultTests(ClusterFaultTests.Tier tier) : IClassFixture<ClusterFaultTests.Tier>
{
    private LocalRedis Redis => tier.Redis;

    [Fact]
    public async Task A_slot_that_moves_under_load_is_not_noticed()
    {
        await using var channel = new RespChannel(Redis.CreateClusterOptions());
        CountedLoad load = new(channel, static worker => $"{{moving}}:{worker}");
        var slot = RedisSlots.Of("moving"u8).ToString(CultureInfo.InvariantCulture);
        var nodes = Redis.ClusterNodes.Take(3).ToArray();
        await load.ProgressAsync(1_000);
        var home = await OwnerAsync(nodes, slot);
        foreach (var to in nodes.Where(node => node != home).Append(home))
        {
            var from = await OwnerAsync(nodes, slot);
            await MoveAsync(from, to, nodes, slot, load);
            await load.ProgressAsync(1_000);
        }

        await load.StopAsync();
        Assert.Empty(load.Faults);
        await load.JudgeAsync();
    }

    [Fact]
    public async Task A_primary_killed_under_load_is_replaced()
    {
        await using var channel = new RespChannel(Redis.CreateClusterOptions());
        CountedLoad load = new(channel, static worker => $"failing:{worker}");
        await load.ProgressAsync(1_000);
        await Redis.ClusterNodes[1].KillAsync();
        await Eventually.TrueAsync(
            () => RedisTier.IsPrimaryAsync(Redis.ClusterNodes[4]), TimeSpan.FromSeconds(20), "the replica is promoted");
        // Every worker's key can be written again, wherever it is.
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, CountedLoad.Workers).Select(async worker =>
                    await channel.ExecuteAsync(RedisCommand.Write("SET", RedisArgument.Key($"after:{worker}"), worker))));
                return true;
            }
            catch (RedisFaultException fault) when (fault.IsTransient)
            {
                return false;
            }
        });
        await load.ProgressAsync(1_000);
        await load.StopAsync();
        await Redis.ClusterNodes[1].StartAsync();
        await Eventually.TrueAsync(async () => (await Redis.ClusterNodes[1].AdminAsync("ROLE")).Items[0].AsString() == "slave", because: "the old primary gives way");
    }

    private static async Task<LocalRedisNode> OwnerAsync(LocalRedisNode[] nodes, string slot)
    {
        foreach (var node in nodes)
        {
            if ((await node.AdminAsync("CLUSTER", "COUNTKEYSINSLOT", slot)).AsInt64() > 0) return node;
        }

        throw new InvalidOperationException("Nobody has the slot's keys.");
    }

    private async Task MoveAsync(LocalRedisNode from, LocalRedisNode to, LocalRedisNode[] all, string slot, CountedLoad load)
    {
        var (source, target) = ((await from.AdminAsync("CLUSTER", "MYID")).AsString()!, (await to.AdminAsync("CLUSTER", "MYID")).AsString()!);
        await to.AdminAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", source);
        await from.AdminAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", target);
        while ((await from.AdminAsync("CLUSTER", "GETKEYSINSLOT", slot, "8")).AsItems().ToArray() is { Length: > 0 } keys)
        {
            await from.AdminAsync(
                ["MIGRATE", "127.0.0.1", to.Port.ToString(CultureInfo.InvariantCulture), "", "0", "5000", "AUTH", Redis.Password, "KEYS", .. keys.Select(static key => key.AsString()!)]);
            // Half moved: some keys answer here, some there.
            await load.ProgressAsync(100);
        }

        foreach (var node in all.Where(node => node != from).Append(from))
        {
            await node.AdminAsync("CLUSTER", "SETSLOT", slot, "NODE", target);
        }
    }

    public sealed class Tier : SixNodes;
}

/// <summary>A primary that three Sentinels watch.</summary>
public sealed class SentinelTests(SentinelTests.Tier tier) : IClassFixture<SentinelTests.Tier>
{
    [Fact]
    public async Task The_primary_that_the_Sentinels_choose_is_followed()
    {
        await using var channel = new RespChannel(tier.Redis.CreateSentinelOptions());
        CountedLoad load = new(channel, static worker => $"watched:{worker}");
        await load.ProgressAsync(1_000);
        var watched = tier.Redis.Watched!;
        await watched.Primary.KillAsync();
        await Eventually.TrueAsync(() => RedisTier.IsPrimaryAsync(watched.Replica), TimeSpan.FromSeconds(20), "the Sentinels promote");
        await load.ProgressAsync(1_000);
        await load.StopAsync();

        Assert.True((await watched.Replica.AdminAsync("DBSIZE")).AsInt64() >= CountedLoad.Workers);
    }

    public sealed class Tier : RedisTier
    {
        protected override void Choose(LocalRedisOptions options) => options.Sentinels = true;
    }
}
