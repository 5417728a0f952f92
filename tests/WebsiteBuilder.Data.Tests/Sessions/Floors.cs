using FsCheck;
using FsCheck.Fluent;

namespace WebsiteBuilder.Data.Tests.Sessions;

/// <summary>Generators of floors and tokens. Few shards, histories, keys and positions, so that they meet and tie often.</summary>
internal static class Floors
{
    /// <summary>The highest position of the documented text limits, exclusive.</summary>
    public const ulong EverydayEnd = 1UL << 45;

    public static readonly Gen<uint> AnyKey = Gen.Choose(1, 14).Select(static key => (uint)key);

    // Half of them small, the rest anywhere up to the last position there is.
    public static readonly Gen<ulong> AnyPosition = Gen.OneOf(
        Gen.Choose(0, 24).Select(static position => (ulong)position),
        from shift in Gen.Choose(0, 63)
        from low in Gen.Choose(0, int.MaxValue)
        select (1UL << shift) | ((ulong)low << 32 >> (63 - shift)),
        Gen.Constant(ulong.MaxValue));

    public static readonly Gen<KeyWrite> AnyWrite =
        from key in AnyKey from position in AnyPosition select new KeyWrite(key, position);

    public static readonly Gen<SessionToken> AnyToken =
        from floors in Gen.ListOf(
            from store in Gen.Choose((int)StoreKind.PostgreSql, (int)StoreKind.Redis)
            from number in Gen.Elements(0, 1, 2, 700, ShardId.MaxNumber)
            from history in Gen.Choose(1, 2)
            from floor in AnyFloorOf(new ShardId((StoreKind)store, number), new HistoryId((uint)history))
            select floor)
        select Token(floors);

    /// <summary>Floors of one history, grown the way a session grows them.</summary>
    public static readonly Gen<SessionFloor> AnyFloor = AnyFloorOf(new ShardId(StoreKind.PostgreSql, 3), new HistoryId(0xabcdef01));

    public static Gen<SessionFloor> AnyFloorOf(ShardId shard, HistoryId history) =>
        from floor in AnyPosition
        from readFloor in AnyPosition
        from writes in Gen.ListOf(AnyWrite)
        select writes.Aggregate(new SessionFloor(shard, history, floor, readFloor), static (sum, write) => sum.WithWrite(write));

    public static SessionToken Token(IEnumerable<SessionFloor> floors) =>
        floors.Aggregate(SessionToken.Empty, static (token, floor) => token.Merge(new SessionToken([floor])));

    /// <summary>A session as it comes out of a day's work: positions of 45 bits, gaps between shard numbers that vary.</summary>
    public static SessionToken Everyday(Random random, int shards, int gap, bool aligned, bool writes)
    {
        var floors = new SessionFloor[shards];
        var number = random.Next(1_000);
        for (var i = 0; i < shards; i++, number += random.Next(1, gap + 1))
        {
            var high = (ulong)random.NextInt64((long)EverydayEnd / 2, (long)EverydayEnd - 16);
            var floor = aligned ? high / 8 * 8 : high;
            var read = random.Next(3) switch { 0 => 0UL, 1 => floor, _ => (ulong)random.NextInt64((long)floor) };
            var made = new SessionFloor(new ShardId(StoreKind.PostgreSql, number), new HistoryId((uint)random.NextInt64(1, 1L << 32)), floor, read);
            for (var write = 0; writes && write < random.Next(20); write++)
            {
                made = made.WithWrite(new KeyWrite((uint)random.NextInt64(1L << 32), (ulong)random.NextInt64((long)floor, (long)EverydayEnd)));
            }

            floors[i] = made;
        }

        return new SessionToken(floors);
    }

    /// <summary>Checks a law on a thousand generated cases, the same ones in every run.</summary>
    public static void Check<T>(Gen<T> cases, Func<T, bool> law) =>
        Prop.ForAll(cases.ToArbitrary(), law).Check(
            Config.QuickThrowOnFailure.WithMaxTest(1_000).WithReplay(20_261_121, 7));
}
