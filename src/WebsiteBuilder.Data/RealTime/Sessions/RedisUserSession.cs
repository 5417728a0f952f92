namespace WebsiteBuilder.Data;

/// <summary>A user's session as it was when it was read. Times are the server's.</summary>
/// <param name="Id">What names it, and lets its bearer in: a secret. 45 letters, digits, '-', '_' and one '.'.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="CreatedAt">When it began.</param>
/// <param name="SeenAt">When it was touched last.</param>
/// <param name="ExpiresAt">When it ends unless it is touched again.</param>
/// <param name="Data">What was stored with it.</param>
public sealed record RedisUserSession(
    string Id,
    string UserId,
    DateTimeOffset CreatedAt,
    DateTimeOffset SeenAt,
    DateTimeOffset ExpiresAt,
    IReadOnlyDictionary<string, string> Data)
{
    /// <summary>Says nothing of the secret.</summary>
    public override string ToString() => $"Session until {ExpiresAt:u}";
}

/// <summary>What a revocation did.</summary>
/// <param name="Count">How many sessions were ended.</param>
/// <param name="Replicas">How many replicas have confirmed it; 0 if that wasn't asked for.</param>
public readonly record struct RevokedSessions(int Count, int Replicas);
