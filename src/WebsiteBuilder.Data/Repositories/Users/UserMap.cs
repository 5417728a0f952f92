namespace WebsiteBuilder.Data;

/// <summary>How users are stored: the table <c>users</c> in the database of their territory.</summary>
public static class UserMap
{
    /// <summary>The policy of accounts: a session sees what it did, and a write is on the synchronous standbys' disks before it is acknowledged.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<User, UserKey> Map { get; } = EntityMap.Create<User, UserKey>("users", static user => user.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static user => user.Key.Id, static key => key.Id);
        var email = map.Column("email", static user => user.Email);
        var username = map.Column("username", static user => user.Username);
        var profile = map.Json("profile", static user => user.Profile, UserJson.Default.NullableJsonElement);
        var providers = map.Json("auth_providers", static user => user.AuthProviders, UserJson.Default.NullableJsonElement);
        var tier = map.Column("subscription_tier", static user => user.SubscriptionTier);
        var security = map.Json("security_settings", static user => user.SecuritySettings, UserJson.Default.NullableJsonElement);
        var created = map.Column("created_at", static user => user.CreatedAt);
        var updated = map.Column("updated_at", static user => user.UpdatedAt);
        var active = map.Column("last_active", static user => user.LastActive);
        var status = map.Column("status", static user => user.Status);
        var version = map.Version("version", static user => user.Version);
        return row => new User
        {
            Key = new UserKey(row.Territory, row.Get(id)),
            Email = row.Get(email),
            Username = row.Get(username),
            Profile = row.Get(profile),
            AuthProviders = row.Get(providers),
            SubscriptionTier = row.Get(tier),
            SecuritySettings = row.Get(security),
            CreatedAt = row.Get(created),
            UpdatedAt = row.Get(updated),
            LastActive = row.Get(active),
            Status = row.Get(status),
            Version = row.Get(version),
        };
    });

    /// <summary>The e-mail address, for queries.</summary>
    public static EntityColumn<User, string> Email => (EntityColumn<User, string>)Map.Columns[1];

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<User, string> Status => (EntityColumn<User, string>)Map.Columns[10];
}
