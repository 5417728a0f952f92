namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>A primary and its replicas, and which part of the keys they hold.</summary>
internal sealed record RedisShard(RedisNode Primary, RedisNode[] Replicas);

/// <summary>Who holds which slot. Immutable; a new one replaces it.</summary>
internal sealed class RedisMap
{
    private readonly RedisShard?[]? _slots;

    private RedisMap(RedisShard[] shards, RedisShard?[]? slots) => (Shards, _slots) = (shards, slots);

    public RedisShard[] Shards { get; }

    public bool IsCluster => _slots is not null;

    public static RedisMap Single(RedisShard shard) => new([shard], null);

    public static RedisMap Cluster(RedisShard[] shards, RedisShard?[] slots) => new(shards, slots);

    /// <summary>The shard of a slot; null if nobody owns it. Without a slot, the pick chooses.</summary>
    public RedisShard? Of(int slot, int pick) => _slots is null
        ? Shards[0]
        : slot >= 0 ? _slots[slot] : Shards.Length == 0 ? null : Shards[pick % Shards.Length];

    /// <summary>The same, but for one slot that has moved.</summary>
    public RedisMap Moved(int slot, RedisNode to)
    {
        if (_slots is null)
        {
            return this;
        }

        var shard = Shards.FirstOrDefault(shard => shard.Primary == to) ?? new RedisShard(to, []);
        var slots = (RedisShard?[])_slots.Clone();
        slots[slot] = shard;
        return new RedisMap(Shards.Contains(shard) ? Shards : [.. Shards, shard], slots);
    }

    public bool Has(RedisNode node) => Shards.Any(shard => shard.Primary == node || shard.Replicas.Contains(node));
}
