using WebsiteBuilder.Data.Benchmarks.Measuring;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>Session tokens over so many shards, with positions as busy servers have them.</summary>
internal static class Tokens
{
    public static SessionToken Over(int shards, int seed)
    {
        var random = new Random(Seeds.Of(seed));
        return Enumerable.Range(0, shards).Aggregate(SessionToken.Empty, (token, shard) => token.With(new SessionFloor(
            new ShardId(StoreKind.PostgreSql, shard), new HistoryId((uint)(0x7a31_0000 + shard)), Position(random), Position(random))));
    }

    private static ulong Position(Random random) => (ulong)random.NextInt64(1L << 40, 1L << 44);
}
