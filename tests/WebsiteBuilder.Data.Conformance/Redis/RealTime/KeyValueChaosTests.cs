using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Conformance.Redis;

/// <summary>
/// Sessions that read and write while their replica is cut off, comes back, and is promoted with writes missing. No session may ever be given an older version of a key than it wrote or saw,
/// unless it has been told that something is lost.
/// </summary>
public sealed class KeyValueChaosTests(KeyValueChaosTests.Tier tier) : IClassFixture<KeyValueChaosTests.Tier>
{
    private const int Keys = 6;

    private readonly ConcurrentBag<string> _broken = [];
    private readonly RealTimeOptions _options = new() { Prefix = Guid.NewGuid().ToString("n"), KeyValues = new KeyValuePolicy { Partitions = 2 } };
    private int _reads;
    private int _replicaReads;
    private int _losses;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task No_session_goes_back_in_time_without_being_told(int seed)
    {
        await using var channel = new RespChannel(tier.Pair.CreateChannelOptions());
        RealTimeStore store = new(channel, _options);
        using CancellationTokenSource stop = new();
        var working = Enumerable.Range(0, 12).Select(worker => WorkAsync(store, new Random((seed * 1_000) + worker), stop.Token)).ToList();
        var (primary, replica) = (tier.Pair.Primary, tier.Pair.Replica);
        Random random = new(seed);
        try
        {
            for (var round = 0; round < 8; round++)
            {
                await ProgressAsync();
                await replica.CutReplicationAsync();
                await ProgressAsync();
                if (random.Next(4) > 0)
                {
                    // What the old primary took since then is lost.
                    await replica.PromoteAsync();
                    await ProgressAsync();
                    (primary, replica) = (replica, primary);
                }

                await replica.FollowAsync(primary);
            }

            await ProgressAsync();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(working);
            await tier.Pair.Primary.PromoteAsync();
            await tier.Pair.Replica.FollowAsync(tier.Pair.Primary);
        }

        Assert.True(_broken.IsEmpty, string.Join('\n', _broken.Take(20)));
        Assert.True(_replicaReads > 0 && _losses > 0, $"{_reads} reads, {_replicaReads} by replicas, {_losses} losses");
    }

    private Task ProgressAsync()
    {
        var before = Volatile.Read(ref _reads);
        return Eventually.TrueAsync(() => Volatile.Read(ref _reads) >= before + 300, TimeSpan.FromSeconds(60));
    }

    private async Task WorkAsync(RealTimeStore store, Random random, CancellationToken stop)
    {
        var keys = store.KeyValues();
        Dictionary<string, long> seen = new(StringComparer.Ordinal);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                keys = await StepAsync(store, keys, seen, random);
            }
            catch (SessionHistoryLostException lost)
            {
                Interlocked.Increment(ref _losses);
                seen.Clear();
                keys = store.KeyValues(lost.Remaining);
            }
            catch (RedisFaultException fault) when (fault.IsTransient)
            {
                // Roles are being found out, or the connection went with the role.
                await Task.Yield();
            }
        }
    }

    private async Task<IKeyValueStore> StepAsync(RealTimeStore store, IKeyValueStore keys, Dictionary<string, long> seen, Random random)
    {
        var key = $"k{random.Next(Keys)}";
        switch (random.Next(10))
        {
            case 0:
                seen[key] = (await keys.SetAsync(key, new byte[8])).Version;
                return keys;
            case 1:
                var result = await keys.SetAsync(key, new byte[8], new KeyValueWriteOptions { ExpectedVersion = seen.GetValueOrDefault(key) });
                Judge(seen, key, result.Version, "the primary that compared");
                return keys;
            case 2:
                // Another process goes on with the token.
                return store.KeyValues(SessionToken.Parse(keys.Token.ToString()));
            case 3:
                var many = await keys.GetManyAsync([.. Enumerable.Range(0, Keys).Select(static at => $"k{at}")]);
                foreach (var entry in many.Value.Values)
                {
                    Judge(seen, entry.Key, entry.Version, $"{many.Source} among many");
                }

                foreach (var missing in seen.Keys.Where(one => !many.Value.ContainsKey(one)))
                {
                    _broken.Add($"{missing} is gone, says {many.Source}");
                }

                break;
            default:
                var read = await keys.GetAsync(key, random.Next(5) == 0 ? new ReadOptions { Consistency = ConsistencyLevel.Strong } : null);
                Judge(seen, key, read.Value?.Version ?? 0, $"{read.Source} {read.Reason}");
                Interlocked.Add(ref _replicaReads, read.Source == AnswerSource.Replica ? 1 : 0);
                break;
        }

        Interlocked.Increment(ref _reads);
        return keys;
    }

    private void Judge(Dictionary<string, long> seen, string key, long version, string who)
    {
        if (version < seen.GetValueOrDefault(key))
        {
            _broken.Add($"{key} was {seen[key]} and is {version}, says {who}");
        }

        if (version > 0)
        {
            seen[key] = version;
        }
    }

    public sealed class Tier : PairTier;
}
