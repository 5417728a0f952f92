using System.Net;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a sign-in session.</summary>
/// <param name="Territory">The user's territory.</param>
/// <param name="Id">Which one. Whoever knows it has the session, if the application lets it: make it of 128 random bits, never of a counter or the time.</param>
public readonly record struct UserSessionKey(Territory Territory, Guid Id);

/// <summary>A user who is signed in on one device. Not to be confused with <see cref="IDataSession"/>. It goes when its user goes.</summary>
public sealed record UserSession
{
    /// <summary>The key.</summary>
    public required UserSessionKey Key { get; init; }

    /// <summary>The id of the user, who is in the same territory.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What the device is recognized by, 255 characters at most.</summary>
    public string? DeviceFingerprint { get; init; }

    /// <summary>The address that the user signed in from: IPv4 or IPv6, without a scope. A network with a mask isn't one.</summary>
    public IPAddress? IpAddress { get; init; }

    /// <summary>What the browser called itself, 1,024 characters at most.</summary>
    public string? UserAgent { get; init; }

    /// <summary>When the user signed in. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the session was last used, as far as it was told (<see cref="SignIns.TouchSessionAsync"/>).</summary>
    public required DateTimeOffset LastActivity { get; init; }

    /// <summary>From when on it doesn't count any more; after <see cref="CreatedAt"/>.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How sign-in sessions are stored: the table <c>user_sessions</c>.</summary>
public static class UserSessionMap
{
    /// <summary>A session sees what it did; writes are on the synchronous standbys' disks, because a session that was ended must stay so.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<UserSession, UserSessionKey> Map { get; } = EntityMap.Create<UserSession, UserSessionKey>("user_sessions", static session => session.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static session => session.Key.Id, static key => key.Id);
        var user = map.Column("user_id", static session => session.UserId);
        var device = map.Column("device_fingerprint", static session => session.DeviceFingerprint);
        var address = map.Column("ip_address", static session => session.IpAddress);
        var agent = map.Column("user_agent", static session => session.UserAgent);
        var created = map.Column("created_at", static session => session.CreatedAt);
        var activity = map.Column("last_activity", static session => session.LastActivity);
        var expires = map.Column("expires_at", static session => session.ExpiresAt);
        var version = map.Version("version", static session => session.Version);
        return row => new UserSession
        {
            Key = new UserSessionKey(row.Territory, row.Get(id)),
            UserId = row.Get(user),
            DeviceFingerprint = row.Get(device),
            IpAddress = row.Get(address),
            UserAgent = row.Get(agent),
            CreatedAt = row.Get(created),
            LastActivity = row.Get(activity),
            ExpiresAt = row.Get(expires),
            Version = row.Get(version),
        };
    });

    /// <summary>The id, for queries.</summary>
    public static EntityColumn<UserSession, Guid> Id { get; } = Map.Id("id");

    /// <summary>The user, for queries.</summary>
    public static EntityColumn<UserSession, Guid> UserId { get; } = Map.Id("user_id");

    /// <summary>The time of signing in, for queries.</summary>
    public static EntityColumn<UserSession, DateTimeOffset> CreatedAt { get; } = Map.Time("created_at");

    /// <summary>The end, for queries.</summary>
    public static EntityColumn<UserSession, DateTimeOffset> ExpiresAt { get; } = Map.Time("expires_at");
}
