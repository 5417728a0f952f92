using System.Text.Json;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a security event.</summary>
/// <param name="Territory">The user's territory.</param>
/// <param name="Id">Which one.</param>
public readonly record struct SecurityEventKey(Territory Territory, Guid Id);

/// <summary>Something that happened to an account and matters to its security, such as a failed sign-in. It goes when its user goes.</summary>
public sealed record SecurityEvent
{
    /// <summary>The key.</summary>
    public required SecurityEventKey Key { get; init; }

    /// <summary>The id of the user, who is in the same territory.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What happened, 1 to 50 characters, such as <c>sign_in_failed</c>.</summary>
    public required string EventType { get; init; }

    /// <summary>How risky it is: 0 to 100. Default: 0.</summary>
    public int RiskScore { get; init; }

    /// <summary>What else is known, as JSON.</summary>
    public JsonElement? Metadata { get; init; }

    /// <summary>When it happened. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How security events are stored: the table <c>user_security_events</c>.</summary>
public static class SecurityEventMap
{
    /// <summary>History: any replica answers. But what was recorded survives the primary, so writes are on the synchronous standbys' disks.</summary>
    public static EntityPolicy Policy { get; } = EntityPolicy.Relaxed with { Durability = WriteDurability.RemoteFlush };

    /// <summary>The map.</summary>
    public static EntityMap<SecurityEvent, SecurityEventKey> Map { get; } = EntityMap.Create<SecurityEvent, SecurityEventKey>("user_security_events", static found => found.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static found => found.Key.Id, static key => key.Id);
        var user = map.Column("user_id", static found => found.UserId);
        var type = map.Column("event_type", static found => found.EventType);
        var risk = map.Column("risk_score", static found => found.RiskScore);
        var metadata = map.Json("metadata", static found => found.Metadata, DomainJson.Default.NullableJsonElement);
        var created = map.Column("created_at", static found => found.CreatedAt);
        var version = map.Version("version", static found => found.Version);
        return row => new SecurityEvent
        {
            Key = new SecurityEventKey(row.Territory, row.Get(id)),
            UserId = row.Get(user),
            EventType = row.Get(type),
            RiskScore = row.Get(risk),
            Metadata = row.Get(metadata),
            CreatedAt = row.Get(created),
            Version = row.Get(version),
        };
    });

    /// <summary>The user, for queries.</summary>
    public static EntityColumn<SecurityEvent, Guid> UserId { get; } = Map.Id("user_id");

    /// <summary>What happened, for queries.</summary>
    public static EntityColumn<SecurityEvent, string> EventType { get; } = Map.Text("event_type");

    /// <summary>The risk, for queries.</summary>
    public static EntityColumn<SecurityEvent, int> RiskScore { get; } = Map.Column<SecurityEvent, SecurityEventKey, int>("risk_score");

    /// <summary>When it happened, for queries.</summary>
    public static EntityColumn<SecurityEvent, DateTimeOffset> CreatedAt { get; } = Map.Time("created_at");
}
