using System.Text;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class KeySpaceTests
{
    private static readonly string[] Pieces = ["a", "}", "{", ":", "}:", "{}", "é", "held", "fence", "lock"];

    private static readonly string[] Parts = ["held", "fence", "op:x"];

    private readonly KeySpace _keys = new("wb");

    [Fact]
    public void All_keys_of_a_name_have_one_slot_whatever_the_name_holds()
    {
        foreach (var name in Names(1))
        {
            var slots = Parts.Select(part => RedisSlots.PlaceOf(RedisCommand.Read("GET", _keys.Key("lock", name, part)))).Distinct();
            Assert.Single(slots);
        }
    }

    [Fact]
    public void Two_names_never_share_a_key()
    {
        Dictionary<string, (string, string, string)> seen = [];
        foreach (var name in Names(2))
        {
            foreach (var kind in new[] { "lock", "rate" })
            {
                foreach (var part in Parts)
                {
                    var key = Encoding.UTF8.GetString(_keys.Key(kind, name, part).ToArray());
                    Assert.Equal((kind, name, part), seen.TryGetValue(key, out var other) ? other : (kind, name, part));
                    seen[key] = (kind, name, part);
                }
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a{b")]
    [InlineData("a b")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void A_malformed_prefix_is_refused(string prefix) => Assert.ThrowsAny<ArgumentException>(() => new KeySpace(prefix));

    [Fact]
    public void Halves_of_surrogate_pairs_are_refused_and_whole_ones_are_not()
    {
        foreach (var name in new[] { "\uD800", "a\uDC00", "a\uD83Db", "\uDE00\uD83D", "\uD83D\uDE00\uD83D" })
        {
            Assert.Equal("name", Assert.Throws<ArgumentException>(() => KeySpace.RequireName(name, nameof(name))).ParamName);
        }

        foreach (var name in new[] { "a", "\uD83D\uDE00", "é\uD83D\uDE00\uFFFD", "\uE000" })
        {
            KeySpace.RequireName(name, nameof(name));
        }
    }

    [Fact]
    public void A_session_id_is_read_back_and_keeps_its_secret_from_the_server()
    {
        var id = SessionId.New("ann", "0123456789-_abcdefABCD");

        Assert.True(SessionId.TryParse(id.ToString(), out var read));
        Assert.Equal(id, read);
        Assert.Equal(NameHash.Of("ann"), id.User);
        Assert.DoesNotContain(id.Secret, id.Member, StringComparison.Ordinal);
        Assert.Equal(22, id.Member.Length);
        Assert.False(SessionId.TryParse(id.ToString().Replace('.', ','), out _));
        Assert.False(SessionId.TryParse(id.ToString().Replace('0', '}'), out _));
    }

    private static IEnumerable<string> Names(int seed)
    {
        Random random = new(seed);
        return Enumerable.Range(0, 2_000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => Pieces[random.Next(Pieces.Length)])));
    }
}
