namespace WebsiteBuilder.Data;

/// <summary>
/// The wire format of a signed token, version 2, before base64url: version byte; number of the key; the bytes of an unsigned token, their own
/// version byte included; and the first half of HMAC-SHA256 over all before it.
/// </summary>
internal static class SessionTokenEnvelope
{
    public const byte Version = 2;

    /// <summary>RFC 2104, section 5: not less than half of the hash, and not less than 80 bits.</summary>
    public const int MacLength = 16;

    /// <summary>How much longer a signature makes a text. Three bytes are four characters, and nothing is left over.</summary>
    public const int ExtraTextLength = (HeadLength + MacLength) / 3 * 4;

    private const int HeadLength = 2;

    public static byte[] Seal(ReadOnlySpan<byte> token, SessionTokenSigner signer)
    {
        var envelope = new byte[HeadLength + token.Length + MacLength];
        envelope[0] = Version;
        envelope[1] = signer.KeyId;
        token.CopyTo(envelope.AsSpan(HeadLength));
        signer.Sign(Signed(envelope), envelope.AsSpan(envelope.Length - MacLength));
        return envelope;
    }

    /// <summary>The unsigned token inside, or nothing if there is no room for one.</summary>
    public static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> envelope) =>
        envelope.Length > HeadLength + MacLength && KeyId(envelope) != 0 ? envelope[HeadLength..^MacLength] : default;

    public static byte KeyId(ReadOnlySpan<byte> envelope) => envelope[1];

    public static ReadOnlySpan<byte> Signed(ReadOnlySpan<byte> envelope) => envelope[..^MacLength];

    public static ReadOnlySpan<byte> Mac(ReadOnlySpan<byte> envelope) => envelope[^MacLength..];
}
