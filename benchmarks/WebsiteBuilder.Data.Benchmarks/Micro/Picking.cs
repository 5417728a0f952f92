using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>A directory of shards by territory, and users of all of them.</summary>
/// <param name="shards">How many: a power of two.</param>
internal sealed class Picking(int shards = 16)
{
    private readonly ShardDirectory _directory = new([.. Enumerable.Range(0, shards).Select(static i => new ShardDefinition(
        new ShardId(StoreKind.PostgreSql, i), $"shard-{i}", [Territory.Parse($"territory-{i}")], []))]);
    private readonly UserKey[] _keys = [.. Enumerable.Range(0, shards).Select(static i => new UserKey(
        Territory.Parse($"territory-{i}"), new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)))];
    private int _next;

    public int Pick() => _directory.ShardOf(UserMap.Map, Next());

    /// <summary>The hash that tokens remember a written key by.</summary>
    public uint HashKey() => KeyEncoding.Hash(UserMap.Map, Next());

    private UserKey Next() => _keys[_next++ & (_keys.Length - 1)];
}
