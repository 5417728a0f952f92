namespace WebsiteBuilder.Data;

/// <summary>
/// Where a token comes from, which decides whether a client believes it. A token without seal was made in this process, by a client that
/// signs nothing. A seal says nothing about what a token requires, so it doesn't count in comparisons.
/// </summary>
internal abstract class SessionTokenSeal
{
    /// <summary>The token, or a part of it, was read from a text that nobody has checked.</summary>
    public static SessionTokenSeal Unchecked { get; } = new UncheckedSeal();

    /// <summary>Whether the token was made, or checked, by a client of this process.</summary>
    public abstract bool IsTrusted { get; }

    /// <summary>The seal of a token that requires what two tokens require.</summary>
    public static SessionTokenSeal? Of(SessionTokenSeal? one, SessionTokenSeal? other) =>
        one is { IsTrusted: false } || other is { IsTrusted: false } ? Unchecked : one ?? other;

    private sealed class UncheckedSeal : SessionTokenSeal
    {
        public override bool IsTrusted => false;
    }
}

/// <summary>A signature as it was read, over a token that hasn't changed since. Whoever knows the key can check it.</summary>
internal sealed class ReadSignature(byte[] envelope) : SessionTokenSeal
{
    public override bool IsTrusted => false;

    /// <summary>All bytes of the text.</summary>
    public ReadOnlySpan<byte> Envelope => envelope;

    public byte KeyId => SessionTokenEnvelope.KeyId(envelope);
}

/// <summary>Signs texts of the tokens that it seals. Immutable.</summary>
internal abstract class SessionTokenSigner(byte keyId) : SessionTokenSeal
{
    public override bool IsTrusted => true;

    public byte KeyId { get; } = keyId;

    /// <summary>Writes the signature, <see cref="SessionTokenEnvelope.MacLength"/> bytes.</summary>
    public abstract void Sign(ReadOnlySpan<byte> signed, Span<byte> mac);
}
