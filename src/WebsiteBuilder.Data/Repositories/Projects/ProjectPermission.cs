using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a permission.</summary>
/// <param name="Project">The project, in whose territory the permission is kept.</param>
/// <param name="User">Who has it; they may be at home in another territory.</param>
public readonly record struct ProjectPermissionKey(ProjectKey Project, UserKey User);

/// <summary>What one user may do in one project. It goes when the project goes, but not with its user: take back the permissions of a user who is deleted.</summary>
#pragma warning disable CA1711 // The word is the one of the data, not of code access security.
public sealed record ProjectPermission
#pragma warning restore CA1711
{
    /// <summary>The key.</summary>
    public required ProjectPermissionKey Key { get; init; }

    /// <summary>What they may do.</summary>
    public required MemberRole Role { get; init; }

    /// <summary>What they may do besides, in the application's own words. Default: nothing.</summary>
    public IReadOnlyList<string> Permissions { get; init; } = [];

    /// <summary>When it was given. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset GrantedAt { get; init; }

    /// <summary>From when on it doesn't count any more, after <see cref="GrantedAt"/>. Default: it stays.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How permissions are stored: the table <c>project_permissions</c>.</summary>
public static class ProjectPermissionMap
{
    /// <summary>A session sees what it did. Whoever must not miss that a right was taken away asks for <see cref="ConsistencyLevel.Strong"/>.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<ProjectPermission, ProjectPermissionKey> Map { get; } = EntityMap.Create<ProjectPermission, ProjectPermissionKey>("project_permissions", static permission => permission.Key, static map =>
    {
        map.Territory(static key => key.Project.Territory);
        var project = map.Key("project_id", static permission => permission.Key.Project.Id, static key => key.Project.Id);
        var territory = map.Key("user_territory", static permission => permission.Key.User.Territory.ToString(), static key => key.User.Territory.ToString());
        var user = map.Key("user_id", static permission => permission.Key.User.Id, static key => key.User.Id);
        var role = map.Column("role", static permission => EnumColumns.Text(permission.Role));
        var permissions = map.Json("permissions", static permission => permission.Permissions, DomainJson.Default.IReadOnlyListString);
        var granted = map.Column("granted_at", static permission => permission.GrantedAt);
        var expires = map.Column("expires_at", static permission => permission.ExpiresAt);
        var version = map.Version("version", static permission => permission.Version);
        return row => new ProjectPermission
        {
            Key = new ProjectPermissionKey(new ProjectKey(row.Territory, row.Get(project)), new UserKey(Territory.Parse(row.Get(territory)), row.Get(user))),
            Role = EnumColumns.Value<MemberRole>(row.Get(role)),
            Permissions = row.Get(permissions),
            GrantedAt = row.Get(granted),
            ExpiresAt = row.Get(expires),
            Version = row.Get(version),
        };
    });

    /// <summary>The project, for queries.</summary>
    public static EntityColumn<ProjectPermission, Guid> ProjectId { get; } = Map.Id("project_id");

    /// <summary>The territory of who has it, for queries.</summary>
    public static EntityColumn<ProjectPermission, string> UserTerritory { get; } = Map.Text("user_territory");

    /// <summary>Who has it, for queries.</summary>
    public static EntityColumn<ProjectPermission, Guid> UserId { get; } = Map.Id("user_id");

    /// <summary>The role, for queries.</summary>
    public static EntityColumn<ProjectPermission, string> Role { get; } = Map.Text("role");
}
