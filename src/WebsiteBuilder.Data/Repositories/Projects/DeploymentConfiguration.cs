using System.Text.Json;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a deployment configuration.</summary>
/// <param name="Territory">The project's territory.</param>
/// <param name="Id">Which one.</param>
public readonly record struct DeploymentConfigurationKey(Territory Territory, Guid Id);

/// <summary>Where a project is deployed to.</summary>
public enum DeploymentProvider
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>Vercel.</summary>
    Vercel = 1,

    /// <summary>Netlify.</summary>
    Netlify = 2,

    /// <summary>Something of the application's own.</summary>
    Custom = 3,
}

/// <summary>How a project is deployed. It goes when its project goes; its deployments stay when it alone is deleted.</summary>
public sealed record DeploymentConfiguration
{
    /// <summary>The key.</summary>
    public required DeploymentConfigurationKey Key { get; init; }

    /// <summary>The id of the project, which is in the same territory.</summary>
    public required Guid ProjectId { get; init; }

    /// <summary>The name, 1 to 64 characters, unique within the project (<c>deployment_configurations_name_key</c>), such as <c>production</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where to.</summary>
    public required DeploymentProvider Provider { get; init; }

    /// <summary>The provider's settings as JSON. Secrets belong elsewhere.</summary>
    public JsonElement? Settings { get; init; }

    /// <summary>When it was made. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How deployment configurations are stored: the table <c>deployment_configurations</c>.</summary>
public static class DeploymentConfigurationMap
{
    /// <summary>A session sees what it did.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<DeploymentConfiguration, DeploymentConfigurationKey> Map { get; } = EntityMap.Create<DeploymentConfiguration, DeploymentConfigurationKey>("deployment_configurations", static configuration => configuration.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static configuration => configuration.Key.Id, static key => key.Id);
        var project = map.Column("project_id", static configuration => configuration.ProjectId);
        var name = map.Column("name", static configuration => configuration.Name);
        var provider = map.Column("provider", static configuration => EnumColumns.Text(configuration.Provider));
        var settings = map.Json("settings", static configuration => configuration.Settings, DomainJson.Default.NullableJsonElement);
        var created = map.Column("created_at", static configuration => configuration.CreatedAt);
        var updated = map.Column("updated_at", static configuration => configuration.UpdatedAt);
        var version = map.Version("version", static configuration => configuration.Version);
        return row => new DeploymentConfiguration
        {
            Key = new DeploymentConfigurationKey(row.Territory, row.Get(id)),
            ProjectId = row.Get(project),
            Name = row.Get(name),
            Provider = EnumColumns.Value<DeploymentProvider>(row.Get(provider)),
            Settings = row.Get(settings),
            CreatedAt = row.Get(created),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });

    /// <summary>The project, for queries.</summary>
    public static EntityColumn<DeploymentConfiguration, Guid> ProjectId { get; } = Map.Id("project_id");

    /// <summary>The name, for queries.</summary>
    public static EntityColumn<DeploymentConfiguration, string> Name { get; } = Map.Text("name");
}
