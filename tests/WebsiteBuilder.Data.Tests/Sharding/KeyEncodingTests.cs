using System.Text.Json.Serialization.Metadata;
using WebsiteBuilder.Data.Sharding;

namespace WebsiteBuilder.Data.Tests.Sharding;

public class KeyEncodingTests
{
    [Theory]
    [InlineData("6e00000000000000016b690000000000000007", 7)]
    [InlineData("6e00000000000000016b69ffffffffffffffff", -1)]
    public void An_encoding_is_the_same_in_every_version(string withoutLength, long key)
    {
        // 8 bytes of length, the table, then the parts, each behind its letter.
        Assert.Equal("00000000000000016e", Hex(Encode("n", key))[..18]);
        Assert.Equal(withoutLength[20..], Hex(Encode("n", key))[18..]);
    }

    [Fact]
    public void Texts_and_ids_are_encoded_as_documented()
    {
        Assert.Equal("00000000000000016e730000000000000002c3a4", Hex(Encode("n", "\u00e4")));
        Assert.Equal("00000000000000016e6700112233445566778899aabbccddeeff", Hex(Encode("n", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"))));
        Assert.Equal("00000000000000016e74", Hex(Encode("n", true)));
        Assert.Equal("00000000000000016e66", Hex(Encode("n", false)));
    }

    [Fact]
    public void A_number_is_the_same_whatever_its_width()
    {
        Assert.Equal(Encode("n", 7L), Encode("n", 7));
        Assert.Equal(Encode("n", 7L), Encode("n", (short)7));
        Assert.Equal(Encode("n", 7L), Encode("n", (byte)7));
        Assert.Equal(Encode("n", -7L), Encode("n", (short)-7));
    }

    [Fact]
    public void Different_keys_differ_however_their_parts_run_together()
    {
        // Parts that hold each other's separators, lengths and letters.
        string[] parts = ["", "a", "s", "as", "sa", "a\0", "\0", "\0\0\0\0\0\0\0\u0001a", "s\0\0\0\0\0\0\0\u0001", "i", "1", "|", "||", "\u00e4", "a\u0308"];
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in new[] { "n", "ns", "n_s" })
        {
            foreach (var first in parts)
            {
                foreach (var second in parts)
                {
                    var name = $"{table}: {string.Join(' ', (first + "/" + second).Select(static letter => (int)letter))}";
                    Assert.True(seen.TryAdd(Hex(Encode(table, (first, second))), name), name);
                }
            }
        }
    }

    [Fact]
    public void The_number_and_its_text_differ() => Assert.NotEqual(Encode("n", 1L), Encode("n", "1"));

    [Fact]
    public void One_key_of_two_data_sets_has_two_hashes() =>
        Assert.NotEqual(KeyEncoding.Hash(Map<long>("a"), 1), KeyEncoding.Hash(Map<long>("b"), 1));

    [Fact]
    public void A_hash_is_the_same_in_every_process() =>
        Assert.Equal(KeyEncoding.Hash(Map<long>("users"), 42), Fold(XxHash64.Hash(Encode("users", 42L))));

    [Fact]
    public void A_long_text_is_encoded_whole() => Assert.Equal(9 + 9 + 100_000, Encode("n", new string('x', 100_000)).Length);

    [Fact]
    public void What_has_no_one_spelling_is_no_key()
    {
        Refused(1.5);
        Refused(1.5f);
        Refused(1.50m);
        Refused(DateTime.UnixEpoch);
        Refused(DateTimeOffset.UnixEpoch);
        Refused(7UL);
        Refused('a');
        Refused(ConsistencyLevel.Strong);
        Refused(new byte[] { 1 });
    }

    [Fact]
    public void Json_is_no_key()
    {
        var map = EntityMap.Create<Thing<int>, int>("n", static thing => thing.Key, static map =>
        {
            var key = map.Key("id", static thing => thing.Key, static key => key);
            return row => new Thing<int>(row.Get(key));
        });

        Assert.NotEmpty(KeyEncoding.Encode(map, 1).ToArray());
        Assert.Throws<ArgumentException>(static () => Writer().WriteJson(1, JsonTypeInfo.CreateJsonTypeInfo<int>(new System.Text.Json.JsonSerializerOptions())));
    }

    private static void Refused<TKey>(TKey key)
        where TKey : notnull
    {
        var refused = Assert.Throws<ArgumentException>(() => Encode("n", key));
        Assert.Contains(typeof(TKey).Name, refused.Message, StringComparison.Ordinal);
    }

    private static EntityWriter Writer() => (EntityWriter)Activator.CreateInstance(typeof(KeyEncoding), nonPublic: true)!;

    private static uint Fold(ulong hash) => (uint)(hash ^ (hash >> 32));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Encode<TKey>(string table, TKey key)
        where TKey : notnull => KeyEncoding.Encode(Map<TKey>(table), key).ToArray();

    private static byte[] Encode(string table, (string First, string Second) key) => KeyEncoding.Encode(
        EntityMap.Create<Thing<(string First, string Second)>, (string First, string Second)>(table, static thing => thing.Key, static map =>
        {
            var first = map.Key("first", static thing => thing.Key.First, static key => key.First);
            var second = map.Key("second", static thing => thing.Key.Second, static key => key.Second);
            return row => new Thing<(string First, string Second)>((row.Get(first), row.Get(second)));
        }),
        key).ToArray();

    private static EntityMap<Thing<TKey>, TKey> Map<TKey>(string table)
        where TKey : notnull => EntityMap.Create<Thing<TKey>, TKey>(table, static thing => thing.Key, static map =>
        {
            var key = map.Key("id", static thing => thing.Key, static key => key);
            return row => new Thing<TKey>(row.Get(key));
        });

    private sealed record Thing<TKey>(TKey Key);
}
