using System.Text.Json;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a project.</summary>
/// <param name="Territory">The owner's territory.</param>
/// <param name="Id">Which one.</param>
public readonly record struct ProjectKey(Territory Territory, Guid Id);

/// <summary>Who sees a project.</summary>
public enum ProjectVisibility
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>Its owner, and who has a permission.</summary>
    Private = 1,

    /// <summary>The team as well.</summary>
    Team = 2,

    /// <summary>Everybody.</summary>
    Public = 3,
}

/// <summary>Whether a project is worked on.</summary>
public enum ProjectStatus
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>It is.</summary>
    Active = 1,

    /// <summary>It was put away.</summary>
    Archived = 2,
}

/// <summary>
/// What is known of a project but its pages, files and assets, which are documents and not part of this table. Permissions, deployments and domains go with it. A user who owns projects
/// can't be deleted (<c>projects_owner_id_fkey</c>).
/// </summary>
public sealed record Project
{
    /// <summary>The key.</summary>
    public required ProjectKey Key { get; init; }

    /// <summary>The id of the owner, who is in the same territory.</summary>
    public required Guid OwnerId { get; init; }

    /// <summary>The id of the team that works on it, which is in the same territory.</summary>
    public Guid? TeamId { get; init; }

    /// <summary>The name, 1 to 200 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The name in addresses, unique among the owner's projects (<c>projects_slug_key</c>): 1 to 63 characters of a-z, 0-9 and inner <c>-</c>.</summary>
    public required string Slug { get; init; }

    /// <summary>The description, 2,000 characters at most.</summary>
    public string? Description { get; init; }

    /// <summary>Who sees it. Default: <see cref="ProjectVisibility.Private"/>.</summary>
    public ProjectVisibility Visibility { get; init; } = ProjectVisibility.Private;

    /// <summary>Whether it is worked on. Default: <see cref="ProjectStatus.Active"/>.</summary>
    public ProjectStatus Status { get; init; } = ProjectStatus.Active;

    /// <summary>The settings as JSON.</summary>
    public JsonElement? Settings { get; init; }

    /// <summary>When it was made. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How projects are stored: the table <c>projects</c>.</summary>
public static class ProjectMap
{
    /// <summary>A session sees what it did.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<Project, ProjectKey> Map { get; } = EntityMap.Create<Project, ProjectKey>("projects", static project => project.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static project => project.Key.Id, static key => key.Id);
        var owner = map.Column("owner_id", static project => project.OwnerId);
        var team = map.Column("team_id", static project => project.TeamId);
        var name = map.Column("name", static project => project.Name);
        var slug = map.Column("slug", static project => project.Slug);
        var description = map.Column("description", static project => project.Description);
        var visibility = map.Column("visibility", static project => EnumColumns.Text(project.Visibility));
        var status = map.Column("status", static project => EnumColumns.Text(project.Status));
        var settings = map.Json("settings", static project => project.Settings, DomainJson.Default.NullableJsonElement);
        var created = map.Column("created_at", static project => project.CreatedAt);
        var updated = map.Column("updated_at", static project => project.UpdatedAt);
        var version = map.Version("version", static project => project.Version);
        return row => new Project
        {
            Key = new ProjectKey(row.Territory, row.Get(id)),
            OwnerId = row.Get(owner),
            TeamId = row.Get(team),
            Name = row.Get(name),
            Slug = row.Get(slug),
            Description = row.Get(description),
            Visibility = EnumColumns.Value<ProjectVisibility>(row.Get(visibility)),
            Status = EnumColumns.Value<ProjectStatus>(row.Get(status)),
            Settings = row.Get(settings),
            CreatedAt = row.Get(created),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });

    /// <summary>The owner, for queries.</summary>
    public static EntityColumn<Project, Guid> OwnerId { get; } = Map.Id("owner_id");

    /// <summary>The team, for queries.</summary>
    public static EntityColumn<Project, Guid?> TeamId { get; } = Map.Column<Project, ProjectKey, Guid?>("team_id");

    /// <summary>The name in addresses, for queries.</summary>
    public static EntityColumn<Project, string> Slug { get; } = Map.Text("slug");

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<Project, string> Status { get; } = Map.Text("status");

    /// <summary>The time of the last change, for queries.</summary>
    public static EntityColumn<Project, DateTimeOffset> UpdatedAt { get; } = Map.Time("updated_at");
}
