using System.Security.Cryptography;

namespace WebsiteBuilder.Data.Sessions;

/// <summary>The keys that tokens are signed with, and whether a token may be believed. Immutable.</summary>
internal sealed class TokenKeys
{
    private readonly Dictionary<byte, byte[]> _secrets;
    private readonly Signer? _signer;
    private readonly bool _required;

    /// <summary>Makes a ring of keys.</summary>
    /// <param name="secrets">The secrets by number.</param>
    /// <param name="current">The number of the one that signs; null to check only.</param>
    /// <param name="required">Whether a token without signature is refused.</param>
    public TokenKeys(IEnumerable<KeyValuePair<byte, byte[]>> secrets, byte? current, bool required)
    {
        _secrets = new Dictionary<byte, byte[]>(secrets);
        _signer = current is { } id ? new Signer(id, _secrets[id]) : null;
        _required = required;
    }

    /// <summary>Signs nothing, checks nothing.</summary>
    public static TokenKeys None { get; } = new([], null, false);

    /// <summary>The token as one of this client's own, whose texts it signs.</summary>
    /// <exception cref="InvalidSessionTokenException">The token isn't believed.</exception>
    public SessionToken Admit(SessionToken token)
    {
        switch (token.Seal)
        {
            case ReadSignature signature:
                Check(signature);
                break;
            case { IsTrusted: false } when _required:
                throw new InvalidSessionTokenException(
                    "The session token bears no signature that could be checked, and this client requires one. Hand texts on as they were given out, and merge tokens into a session.");
        }

        return token.SealedBy(_signer);
    }

    private void Check(ReadSignature signature)
    {
        if (_secrets.Count == 0)
        {
            // Without keys, a signed token is worth as much as an unsigned one. So keys can be handed out to one process after another.
            return;
        }

        if (!_secrets.TryGetValue(signature.KeyId, out var secret))
        {
            throw new InvalidSessionTokenException($"The session token is signed with key {signature.KeyId}, which this client doesn't have (any more).");
        }

        Span<byte> mac = stackalloc byte[SessionTokenEnvelope.MacLength];
        Sign(secret, SessionTokenEnvelope.Signed(signature.Envelope), mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, SessionTokenEnvelope.Mac(signature.Envelope)))
        {
            throw new InvalidSessionTokenException("The session token's signature is wrong: somebody changed the token.");
        }
    }

    private static void Sign(byte[] secret, ReadOnlySpan<byte> signed, Span<byte> mac)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, signed, hash);
        hash[..mac.Length].CopyTo(mac);
    }

    private sealed class Signer(byte keyId, byte[] secret) : SessionTokenSigner(keyId)
    {
        public override void Sign(ReadOnlySpan<byte> signed, Span<byte> mac) =>
            TokenKeys.Sign(secret, signed, mac[..SessionTokenEnvelope.MacLength]);
    }
}
