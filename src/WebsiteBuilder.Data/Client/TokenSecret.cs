namespace WebsiteBuilder.Data.Client;

/// <summary>The secret of a signing key, as settings spell it.</summary>
internal static class TokenSecret
{
    /// <summary>RFC 2104, section 3: a key shorter than the hash weakens it.</summary>
    public const int MinLength = 32;

    /// <summary>The bytes; null for a text that isn't base64, or too short.</summary>
    public static byte[]? Read(string? text)
    {
        var bytes = new byte[(text?.Length ?? 0) / 4 * 3];
        return Convert.TryFromBase64String(text ?? "", bytes, out var length) && length >= MinLength ? bytes[..length] : null;
    }
}
