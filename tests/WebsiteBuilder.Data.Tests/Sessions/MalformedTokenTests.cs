using System.Buffers.Text;

namespace WebsiteBuilder.Data.Tests.Sessions;

public class MalformedTokenTests
{
    public static readonly TheoryData<string, string, string> Cases = new()
    {
        { "one letter", "A", "base64url" },
        { "five letters", "AQEAA", "base64url" },
        { "unused bits set", "AB", "base64url" },
        { "padding", "AQ==", "base64url" },
        { "white space", "AQ AB", "base64url" },
        { "plain base64", "AQ+/", "base64url" },
        { "beyond ASCII", "AQ\u00e9\u4e2d", "base64url" },
        { "a null character", "AQ\0A", "base64url" },
        { "too long", new string('A', SessionToken.MaxTextLength + 1), "longer than" },
        { "version 0", Text(0), "version is 0" },
        { "a later version", Text(3, 1), "version is 3" },
        { "nothing but the version of a signed one", Text(2), "signature is cut off" },
        { "a signature over nothing", Text([2, 1, .. new byte[16]]), "signature is cut off" },
        { "a signature by key 0", Text([2, 0, 1, 1, 5, 9, 0, 0, 0, 1, .. new byte[16]]), "names no key" },
        { "a signature over a signature", Text([2, 1, 2, 1, 1, 1, 5, 9, 0, 0, 0, 1, .. new byte[32]]), "version is 2" },
        { "nothing but a version", Text(1), "number of entries" },
        { "no entries", Text(1, 0), "number of entries" },
        { "too many entries", Text(1, 0x81, 0x08), "number of entries" },
        { "a number that never ends", Text(1, 0x80, 0x80), "number of entries" },
        { "a number of 70 bits", Text(1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), "number of entries" },
        { "a number with a longer spelling", Text(1, 0x81, 0, 5, 9, 0, 0, 0, 1), "number of entries" },
        { "more entries than bytes", Text(1, 2, 5, 9, 0, 0, 0, 1), "cut off" },
        { "half a history", Text(1, 1, 5, 9, 0), "cut off" },
        { "no history", Text(1, 1, 5, 0, 0, 0, 0, 1), "out of range" },
        { "no position", Text(1, 1, 5, 9, 0, 0, 0), "cut off" },
        { "a shard beyond the last", Text(1, 1, 0x85, 0x80, 0x40, 9, 0, 0, 0, 1), "out of range" },
        { "eighths beyond 64 bits", Text(1, 1, 5, 9, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), "out of range" },
        { "a position with a longer spelling", Text(1, 1, 4, 9, 0, 0, 0, 8), "out of range" },
        { "zero without its read floor", Text(1, 1, 1, 9, 0, 0, 0, 0), "out of range" },
        { "a read floor given twice", Text(1, 1, 7, 9, 0, 0, 0, 9, 1), "out of range" },
        { "a read floor above the floor", Text(1, 1, 3, 9, 0, 0, 0, 1, 9), "out of range" },
        { "a read floor at no distance", Text(1, 1, 3, 9, 0, 0, 0, 1, 0), "out of range" },
        { "writes, but none", Text(1, 1, 13, 9, 0, 0, 0, 1, 0), "out of range" },
        { "nine writes", Text(1, 1, 13, 9, 0, 0, 0, 1, 9), "out of range" },
        { "a write at the floor", Text(1, 1, 13, 9, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0), "out of range" },
        { "writes out of order", Text(1, 1, 13, 9, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 1, 0, 0, 0, 1), "out of range" },
        { "one key twice", Text(1, 1, 13, 9, 0, 0, 0, 1, 2, 2, 0, 0, 0, 1, 2, 0, 0, 0, 2), "out of range" },
        { "an entry twice", Text(1, 2, 5, 9, 0, 0, 0, 1, 5, 9, 0, 0, 0, 1), "out of order" },
        { "histories out of order", Text(1, 2, 5, 9, 0, 0, 0, 1, 5, 8, 0, 0, 0, 1), "out of order" },
        { "something after the end", Text(1, 1, 5, 9, 0, 0, 0, 1, 0), "follows" },
        { "operation time in eighths", Text(1, 1, 0x85, 0x80, 0x10, 9, 0, 0, 0, 1, 1), "out of range" },
        { "operation time beyond 32 bits", Text(1, 1, 0x84, 0x80, 0x10, 9, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x7f, 1), "out of range" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_malformed_text_is_refused_with_its_reason(string name, string text, string reason)
    {
        var refused = Assert.Throws<FormatException>(() => SessionToken.Parse(text));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.False(text.Length > 2 && refused.Message.Contains(text, StringComparison.Ordinal), name);
        Assert.False(SessionToken.TryParse(text, null, out var token));
        Assert.True(token.IsEmpty);
        Assert.False(SessionToken.TryParse(text.AsSpan(), null, out _));
    }

    [Fact]
    public void TryParse_threw_for_texts_that_are_not_base64url() => Assert.False(SessionToken.TryParse("A", null, out _));

    [Fact]
    public void TryParse_took_null_for_an_empty_token()
    {
        Assert.False(SessionToken.TryParse(null, null, out _));
        Assert.Throws<ArgumentNullException>(() => SessionToken.Parse(null!));
    }

    [Fact]
    public void No_token_that_was_cut_short_is_a_token()
    {
        var random = new Random(5);
        for (var i = 0; i < 400; i++)
        {
            var text = Floors.Everyday(random, random.Next(1, 40), gap: 50, aligned: i % 2 == 0, writes: i % 3 == 0).ToString();

            // Nothing at all is the token of a new session, so a lost token can't be told from none; a shortened one can.
            for (var length = 1; length < text.Length; length++)
            {
                Assert.False(SessionToken.TryParse(text.AsSpan(0, length), null, out _));
            }
        }
    }

    private static string Text(params int[] bytes) => Base64Url.EncodeToString([.. bytes.Select(static value => (byte)value)]);
}
