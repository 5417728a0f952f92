using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data;

/// <summary>The key of a user: where they are at home, and which one.</summary>
/// <param name="Territory">The home territory, which decides the database.</param>
/// <param name="Id">Unique within the territory, and by its nature everywhere.</param>
public readonly record struct UserKey(Territory Territory, Guid Id);

/// <summary>A user account, kept in its home territory.</summary>
public sealed record User
{
    /// <summary>The key.</summary>
    public required UserKey Key { get; init; }

    /// <summary>The e-mail address, 255 characters at most; unique within the territory.</summary>
    public required string Email { get; init; }

    /// <summary>The user name, 50 characters at most; unique within the territory.</summary>
    public string? Username { get; init; }

    /// <summary>The profile as JSON.</summary>
    public JsonElement? Profile { get; init; }

    /// <summary>The sign-in providers as JSON.</summary>
    public JsonElement? AuthProviders { get; init; }

    /// <summary>The subscription tier, 20 characters at most. Default: <c>free</c>.</summary>
    public string SubscriptionTier { get; init; } = "free";

    /// <summary>The security settings as JSON.</summary>
    public JsonElement? SecuritySettings { get; init; }

    /// <summary>When the account was made. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the account was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the user was last seen.</summary>
    public DateTimeOffset? LastActive { get; init; }

    /// <summary>The status, 20 characters at most. Default: <c>active</c>.</summary>
    public string Status { get; init; } = "active";

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

[JsonSerializable(typeof(JsonElement?))]
internal sealed partial class UserJson : JsonSerializerContext;
