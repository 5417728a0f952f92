using System.Diagnostics.CodeAnalysis;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// A session's id: the hash of its user, so that it is found in the user's slot, and a secret. Redis keeps the secret's hash only: whoever reads Redis
/// can't become a user.
/// </summary>
internal readonly record struct SessionId(string User, string Secret)
{
    private const int PartLength = 22;

    /// <summary>What the session is called at the server.</summary>
    public string Member => NameHash.Of(Secret);

    public static SessionId New(string userId, string secret) => new(NameHash.Of(userId), secret);

    public static bool TryParse([NotNullWhen(true)] string? text, out SessionId id)
    {
        id = default;
        if (text is not { Length: (PartLength * 2) + 1 } || text[PartLength] != '.' || !IsPart(text.AsSpan(0, PartLength)) || !IsPart(text.AsSpan(PartLength + 1)))
        {
            return false;
        }

        id = new SessionId(text[..PartLength], text[(PartLength + 1)..]);
        return true;
    }

    public override string ToString() => $"{User}.{Secret}";

    private static bool IsPart(ReadOnlySpan<char> part)
    {
        foreach (var letter in part)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
