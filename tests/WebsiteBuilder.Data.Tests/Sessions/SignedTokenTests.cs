using System.Buffers.Text;
using System.Security.Cryptography;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Tests.Sessions;

/// <summary>Whose tokens a client believes.</summary>
public class SignedTokenTests
{
    private static readonly TokenKeys First = Keys(current: 1, required: true, 1);
    private static readonly SessionToken Work = Floors.Everyday(new Random(3), shards: 3, gap: 2, aligned: true, writes: true);

    [Fact]
    public void What_a_client_signs_it_believes()
    {
        var own = First.Admit(SessionToken.Empty).Merge(Work);

        var read = SessionToken.Parse(own.ToString());

        Assert.Equal(Work, read);
        Assert.Equal(own.ToString(), read.ToString());
        Assert.Equal(own.ToString(), First.Admit(read).ToString());
    }

    [Fact]
    public void The_signature_is_the_first_half_of_an_hmac_over_all_before_it()
    {
        var bytes = Base64Url.DecodeFromChars(Signed(First, Work));

        Assert.Equal([2, 1, 1], bytes[..3]);
        Assert.Equal(HMACSHA256.HashData(Secret(1), bytes.AsSpan(0, bytes.Length - 16))[..16], bytes[^16..]);
        Assert.Equal(Work.ToString(), Base64Url.EncodeToString(bytes.AsSpan(2, bytes.Length - 18)));
    }

    [Fact]
    public void No_byte_can_be_changed()
    {
        var bytes = Base64Url.DecodeFromChars(Signed(First, Work));
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var changed = (byte[])bytes.Clone();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(IsRefused(First, Base64Url.EncodeToString(changed)), $"bit {bit}");
        }
    }

    [Fact]
    public void No_letter_can_be_changed_added_or_left_out()
    {
        var text = Signed(First, Work);
        var random = new Random(20_261_122);
        for (var i = 0; i < 20_000; i++)
        {
            var at = random.Next(text.Length);
            var letter = (char)random.Next('-', 'z' + 1);
            var changed = random.Next(3) switch
            {
                0 => text[..at] + letter + text[(at + 1)..],
                1 => text[..at] + letter + text[at..],
                _ => text.Remove(at, random.Next(1, text.Length - at + 1)),
            };
            Assert.True(changed is "" || changed == text || IsRefused(First, changed), changed);
        }
    }

    [Fact]
    public void An_unsigned_token_is_believed_unless_signatures_are_required()
    {
        var old = SessionToken.Parse(Work.ToString());
        var lenient = Keys(current: 1, required: false, 1);

        Assert.True(IsRefused(First, Work.ToString()));
        Assert.Equal(Work, lenient.Admit(old));
        Assert.Equal(Signed(First, Work), lenient.Admit(old).ToString());
        Assert.Equal(Work.ToString(), old.ToString());
    }

    [Fact]
    public void A_wrong_signature_is_refused_although_none_would_do()
    {
        var lenient = Keys(current: 1, required: false, 1);
        var bytes = Base64Url.DecodeFromChars(Signed(First, Work));
        bytes[^1] ^= 1;

        Assert.True(IsRefused(lenient, Base64Url.EncodeToString(bytes)));
    }

    [Fact]
    public void Keys_are_rotated_without_refusing_anybody()
    {
        var prepared = Keys(current: 1, required: true, 1, 2);
        var switched = Keys(current: 2, required: true, 1, 2);
        var done = Keys(current: 2, required: true, 2);
        var byOld = Signed(prepared, Work);
        var byNew = Signed(switched, Work);

        Assert.NotEqual(byOld, byNew);
        Assert.Equal(byOld, First.Admit(SessionToken.Parse(byOld)).ToString());
        Assert.Equal(byNew, switched.Admit(SessionToken.Parse(byOld)).ToString());
        Assert.Equal(byOld, prepared.Admit(SessionToken.Parse(byNew)).ToString());
        Assert.Equal(byNew, done.Admit(SessionToken.Parse(byNew)).ToString());
        Assert.Contains("key 1", Assert.Throws<InvalidSessionTokenException>(() => done.Admit(SessionToken.Parse(byOld))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_without_keys_believes_and_doesn_t_sign() =>
        Assert.Equal(Work.ToString(), TokenKeys.None.Admit(SessionToken.Parse(Signed(First, Work))).ToString());

    [Fact]
    public void A_client_that_only_checks_doesn_t_sign()
    {
        var checks = Keys(current: null, required: false, 1);

        Assert.Equal(Work.ToString(), checks.Admit(SessionToken.Parse(Signed(First, Work))).ToString());
        Assert.True(IsRefused(checks, Signed(Keys(current: 2, required: false, 2), Work)));
    }

    [Fact]
    public void What_nobody_checked_is_not_signed_by_merging_it()
    {
        var forged = SessionToken.Parse(Work.ToString());
        var own = First.Admit(SessionToken.Empty).Merge(new SessionToken([new SessionFloor(new ShardId(StoreKind.PostgreSql, 0), new HistoryId(7), 8, 8)]));

        foreach (var merged in (SessionToken[])[own.Merge(forged), forged.Merge(own), First.Admit(SessionToken.Empty).Merge(forged), forged.With(own.Floors[0])])
        {
            Assert.True(IsRefused(First, merged.ToString()));
            Assert.Throws<InvalidSessionTokenException>(() => First.Admit(merged));
        }
    }

    [Fact]
    public void A_checked_token_stays_signed_whatever_the_session_does_with_it()
    {
        var own = First.Admit(SessionToken.Parse(Signed(First, Work)));
        var floor = new SessionFloor(new ShardId(StoreKind.PostgreSql, 0), new HistoryId(7), 8, 8);

        foreach (var later in (SessionToken[])[own.With(floor), own.With(floor).Without(floor.Shard, floor.History), own.Merge(new SessionToken([floor])), new SessionToken([floor]).Merge(own)])
        {
            Assert.False(IsRefused(First, later.ToString()));
        }
    }

    [Fact]
    public void A_new_session_needs_no_signature()
    {
        Assert.Equal("", First.Admit(SessionToken.Parse("")).ToString());
        Assert.Equal(SessionToken.Empty, First.Admit(SessionToken.Empty));
    }

    [Fact]
    public void The_promised_lengths_hold_but_for_the_signature()
    {
        var random = new Random(9);
        for (var shards = 1; shards <= 64; shards++)
        {
            var token = Floors.Everyday(random, shards, gap: 7, aligned: true, writes: shards > 16);

            Assert.Equal(token.ToString().Length + 24, Signed(First, token).Length);
        }
    }

    [Fact]
    public void Messages_hold_no_secrets()
    {
        var bytes = Base64Url.DecodeFromChars(Signed(First, Work));
        var genuine = Convert.ToHexString(bytes[^16..]);
        bytes[^1] ^= 1;
        var refused = Assert.Throws<InvalidSessionTokenException>(() => First.Admit(SessionToken.Parse(Base64Url.EncodeToString(bytes))));

        Assert.DoesNotContain(genuine, refused.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(Convert.ToBase64String(Secret(1)), refused.ToString(), StringComparison.Ordinal);
    }

    private static string Signed(TokenKeys keys, SessionToken token) => keys.Admit(token).ToString();

    private static bool IsRefused(TokenKeys keys, string text)
    {
        try
        {
            keys.Admit(SessionToken.Parse(text));
            return false;
        }
        catch (Exception exception) when (exception is FormatException or InvalidSessionTokenException)
        {
            return true;
        }
    }

    private static TokenKeys Keys(byte? current, bool required, params byte[] ids) =>
        new(ids.Select(static id => KeyValuePair.Create(id, Secret(id))), current, required);

    private static byte[] Secret(byte id) => SHA256.HashData([id]);
}
