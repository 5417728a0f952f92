namespace WebsiteBuilder.Data;

/// <summary>
/// Whether session tokens bear a signature, by HMAC-SHA256, so that a caller can't make one up or change one. Default: they don't.
/// </summary>
/// <remarks>
/// Rotation: add the new key to all processes; then make it current; remove the old one when the last token that it signed may be refused. A process that is given a
/// token signed with a key that it doesn't have refuses it, unless it has no keys at all.
/// </remarks>
public sealed class SessionTokenOptions
{
    /// <summary>
    /// The secrets by number, 1 to 255, as base64 of 32 bytes at least. They are used for nothing else. Default: none; signatures are neither made nor checked.
    /// </summary>
    public IDictionary<int, string> Keys { get; } = new Dictionary<int, string>();

    /// <summary>The number of the key that signs, one of <see cref="Keys"/>. Default: none; tokens are checked and not signed.</summary>
    public int? CurrentKeyId { get; set; }

    /// <summary>
    /// Whether a token without signature is refused, with <see cref="InvalidSessionTokenException"/>. Default: false; a token without one is believed, and signed when
    /// it is handed on. Needs <see cref="CurrentKeyId"/>.
    /// </summary>
    public bool RequireSignature { get; set; }
}
