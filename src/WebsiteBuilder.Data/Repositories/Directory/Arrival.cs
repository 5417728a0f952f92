using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>How far a user has arrived. The numbers are stored.</summary>
internal enum ArrivalState
{
    /// <summary>A copy is here. It counts once the territory that it comes from says so.</summary>
    OnTheWay = 1,

    /// <summary>The user is here.</summary>
    Arrived = 2,

    /// <summary>The user stayed, or was deleted.</summary>
    CalledOff = 3,
}

internal readonly record struct ArrivalKey(Territory Destination, Guid Move);

/// <summary>A user on the way into a territory. The row stays, without the copy, so that a late copy of the same move can't start it again.</summary>
/// <param name="Key">Where to, and the move.</param>
/// <param name="Id">The user.</param>
/// <param name="Origin">Where from.</param>
/// <param name="Destination">Where to: of several territories in one database.</param>
/// <param name="SourceVersion">The version that was copied.</param>
/// <param name="State">How far.</param>
/// <param name="Copy">The user; null once it isn't needed any more.</param>
/// <param name="ChangedAt">When this row was last written.</param>
internal sealed record Arrival(
    ArrivalKey Key, Guid Id, Territory Origin, Territory Destination, long SourceVersion, ArrivalState State, UserCopy? Copy, DateTimeOffset ChangedAt)
{
    public long Version { get; init; }
}

/// <summary>All of a user that is stored, and the claims on the user's names.</summary>
internal sealed record UserCopy
{
    public required string Email { get; init; }

    public string? Username { get; init; }

    public JsonElement? Profile { get; init; }

    public JsonElement? AuthProviders { get; init; }

    public required string SubscriptionTier { get; init; }

    public JsonElement? SecuritySettings { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? LastActive { get; init; }

    public required string Status { get; init; }

    public required long Version { get; init; }

    public required IReadOnlyList<CopiedClaim> Claims { get; init; }

    public static UserCopy Of(User user, IEnumerable<StoredClaim> claims) => new()
    {
        Email = user.Email,
        Username = user.Username,
        Profile = user.Profile,
        AuthProviders = user.AuthProviders,
        SubscriptionTier = user.SubscriptionTier,
        SecuritySettings = user.SecuritySettings,
        CreatedAt = user.CreatedAt,
        UpdatedAt = user.UpdatedAt,
        LastActive = user.LastActive,
        Status = user.Status,
        Version = user.Version,
        Claims = [.. claims.Select(static claim => new CopiedClaim(claim.Key.Claim, claim.Kind)).OrderBy(static claim => claim.Claim)],
    };

    public User ToUser(UserKey key) => new()
    {
        Key = key,
        Email = Email,
        Username = Username,
        Profile = Profile,
        AuthProviders = AuthProviders,
        SubscriptionTier = SubscriptionTier,
        SecuritySettings = SecuritySettings,
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        LastActive = LastActive,
        Status = Status,
        Version = Version,
    };
}

internal readonly record struct CopiedClaim(Guid Claim, DirectoryKind Kind);

[JsonSerializable(typeof(UserCopy))]
internal sealed partial class UserCopyJson : JsonSerializerContext;

internal static class ArrivalMap
{
    public static EntityMap<Arrival, ArrivalKey> Map { get; } = EntityMap.Create<Arrival, ArrivalKey>("wbd.arrival", static row => row.Key, static map =>
    {
        map.Territory(static key => key.Destination);
        var move = map.Key("move", static row => row.Key.Move, static key => key.Move);
        var id = map.Column("id", static row => row.Id);
        var origin = map.Column("origin", static row => row.Origin.ToString());
        var destination = map.Column("destination", static row => row.Destination.ToString());
        var source = map.Column("source_version", static row => row.SourceVersion);
        var state = map.Column("state", static row => (short)row.State);
        var copy = map.Json("copy", static row => row.Copy, UserCopyJson.Default.UserCopy!);
        var changed = map.Column("changed_at", static row => row.ChangedAt);
        var version = map.Version("version", static row => row.Version);
        return row => new Arrival(
            new ArrivalKey(row.Territory, row.Get(move)),
            row.Get(id),
            Territory.Parse(row.Get(origin)),
            Territory.Parse(row.Get(destination)),
            row.Get(source),
            (ArrivalState)row.Get(state),
            row.Get(copy),
            row.Get(changed))
        {
            Version = row.Get(version),
        };
    });

    /// <summary>Those who are about to arrive in a territory.</summary>
    public static Query<Arrival> Arriving(Territory territory, Guid after) => Query.All<Arrival>().In(territory)
        .Where((EntityColumn<Arrival, short>)Map.Columns[5], Comparison.Equal, (short)ArrivalState.OnTheWay)
        .Where((EntityColumn<Arrival, string>)Map.Columns[3], Comparison.Equal, territory.ToString())
        .Where((EntityColumn<Arrival, Guid>)Map.Columns[0], Comparison.Greater, after)
        .OrderBy(Map.Columns[0]);
}

/// <summary>A user with the version that the row is to begin with.</summary>
internal sealed record ArrivedUser(User User, long FirstVersion);

/// <summary>
/// Users as they arrive: <see cref="UserMap"/>, but for the version, which goes on counting. A version that began anew would let somebody who expects an old one overwrite what came later.
/// </summary>
internal static class ArrivedUserMap
{
    public static EntityMap<ArrivedUser, UserKey> Map { get; } = EntityMap.Create<ArrivedUser, UserKey>("users", static row => row.User.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        map.Key("id", static row => row.User.Key.Id, static key => key.Id);
        map.Column("email", static row => row.User.Email);
        map.Column("username", static row => row.User.Username);
        map.Json("profile", static row => row.User.Profile, UserJson.Default.NullableJsonElement);
        map.Json("auth_providers", static row => row.User.AuthProviders, UserJson.Default.NullableJsonElement);
        map.Column("subscription_tier", static row => row.User.SubscriptionTier);
        map.Json("security_settings", static row => row.User.SecuritySettings, UserJson.Default.NullableJsonElement);
        map.Column("created_at", static row => row.User.CreatedAt);
        map.Column("updated_at", static row => row.User.UpdatedAt);
        map.Column("last_active", static row => row.User.LastActive);
        map.Column("status", static row => row.User.Status);
        map.Column("version", static row => row.FirstVersion);
        return static _ => throw new InvalidOperationException("Users are read by their own map.");
    });
}
