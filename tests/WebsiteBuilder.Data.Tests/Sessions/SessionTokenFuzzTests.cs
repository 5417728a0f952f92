using System.Buffers.Text;

namespace WebsiteBuilder.Data.Tests.Sessions;

public class SessionTokenFuzzTests
{
    private const int Mutations = 200_000;
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    [Fact]
    public void Whatever_arrives_is_a_token_or_a_FormatException()
    {
        var random = new Random(20_261_121);
        var tokens = Enumerable.Range(0, 200)
            .Select(i => Base64Url.DecodeFromChars(
                Floors.Everyday(random, random.Next(1, 24), gap: 1 + (i % 30), aligned: i % 2 == 0, writes: i % 3 == 0).ToString()))
            .ToArray();
        var (parsed, allocated) = (0, GC.GetAllocatedBytesForCurrentThread());

        for (var i = 0; i < Mutations; i++)
        {
            var text = Mutated(random, tokens[random.Next(tokens.Length)]);
            SessionToken token;
            try
            {
                token = SessionToken.Parse(text);
            }
            catch (FormatException)
            {
                Assert.False(SessionToken.TryParse(text, null, out _));
                continue;
            }

            parsed++;
            var read = SessionToken.Parse(token.ToString());
            Assert.True(read.Covers(token));
            Assert.True(read == token || text.Length > 256, text);
        }

        // Enough of them must get through for the round trip to mean something, and none may cost more than its text explains.
        Assert.InRange(parsed, Mutations / 20, Mutations);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - allocated) / Mutations, 0, 20_000);
    }

    [Fact]
    public void A_claim_of_many_entries_allocates_nothing_for_them()
    {
        var text = Base64Url.EncodeToString([1, 0x80, 0x08, 5, 9, 0, 0, 0, 1]);
        Assert.False(SessionToken.TryParse(text, null, out _));
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.False(SessionToken.TryParse(text, null, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }

    private static string Mutated(Random random, byte[] token)
    {
        switch (random.Next(7))
        {
            case 0:
                var flipped = (byte[])token.Clone();
                for (var flips = random.Next(1, 4); flips > 0; flips--)
                {
                    flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                }

                return Base64Url.EncodeToString(flipped);
            case 1:
                return Base64Url.EncodeToString(token.AsSpan(0, random.Next(token.Length)));
            case 2:
                var at = random.Next(token.Length + 1);
                return Base64Url.EncodeToString([.. token.AsSpan(0, at), .. Bytes(random, random.Next(1, 12)), .. token.AsSpan(at)]);
            case 3:
                // A true beginning, so that more than the version is tried.
                return Base64Url.EncodeToString([SessionTokenCodec.Version, (byte)random.Next(1, 4), .. Bytes(random, random.Next(40))]);
            case 4:
                return new string([.. Enumerable.Range(0, random.Next(300)).Select(_ => Letters[random.Next(Letters.Length)])]);
            case 5:
                return new string([.. Enumerable.Range(0, random.Next(60)).Select(_ => (char)random.Next(char.MaxValue + 1))]);
            default:
                var text = Base64Url.EncodeToString(token).ToCharArray();
                text[random.Next(text.Length)] = random.Next(2) == 0 ? Letters[random.Next(Letters.Length)] : (char)random.Next(256);
                return new string(text);
        }
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
