using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a deployment.</summary>
/// <param name="Territory">The project's territory.</param>
/// <param name="Id">Which one.</param>
public readonly record struct DeploymentKey(Territory Territory, Guid Id);

/// <summary>How a deployment stands.</summary>
public enum DeploymentStatus
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>It is under way. One of a project at a time.</summary>
    Running = 1,

    /// <summary>It is live, or was.</summary>
    Succeeded = 2,

    /// <summary>It didn't come live.</summary>
    Failed = 3,

    /// <summary>It was given up.</summary>
    Cancelled = 4,
}

/// <summary>One deployment of a project. Those that are over are the project's history, and go with it. Of one project one runs at a time (<c>deployments_one_running_per_project</c>).</summary>
public sealed record Deployment
{
    /// <summary>The key.</summary>
    public required DeploymentKey Key { get; init; }

    /// <summary>The id of the project, which is in the same territory.</summary>
    public required Guid ProjectId { get; init; }

    /// <summary>The id of the configuration, one of the same project; <see langword="null"/> when that is gone.</summary>
    public Guid? ConfigurationId { get; init; }

    /// <summary>How it stands. Default: <see cref="DeploymentStatus.Running"/>.</summary>
    public DeploymentStatus Status { get; init; } = DeploymentStatus.Running;

    /// <summary>What is deployed, 1 to 100 characters, such as a commit.</summary>
    public string? Revision { get; init; }

    /// <summary>Where it can be seen, 1 to 2,000 characters.</summary>
    public string? Url { get; init; }

    /// <summary>Why it failed, 2,000 characters at most.</summary>
    public string? Error { get; init; }

    /// <summary>When it began. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; <see langword="null"/> exactly while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How deployments are stored: the table <c>deployments</c>.</summary>
public static class DeploymentMap
{
    /// <summary>History, read from any replica; but whoever deployed sees it at once, and that a deployment runs must be known, so it is the session's.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<Deployment, DeploymentKey> Map { get; } = EntityMap.Create<Deployment, DeploymentKey>("deployments", static deployment => deployment.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static deployment => deployment.Key.Id, static key => key.Id);
        var project = map.Column("project_id", static deployment => deployment.ProjectId);
        var configuration = map.Column("configuration_id", static deployment => deployment.ConfigurationId);
        var status = map.Column("status", static deployment => EnumColumns.Text(deployment.Status));
        var revision = map.Column("revision", static deployment => deployment.Revision);
        var url = map.Column("url", static deployment => deployment.Url);
        var error = map.Column("error", static deployment => deployment.Error);
        var started = map.Column("started_at", static deployment => deployment.StartedAt);
        var finished = map.Column("finished_at", static deployment => deployment.FinishedAt);
        var version = map.Version("version", static deployment => deployment.Version);
        return row => new Deployment
        {
            Key = new DeploymentKey(row.Territory, row.Get(id)),
            ProjectId = row.Get(project),
            ConfigurationId = row.Get(configuration),
            Status = EnumColumns.Value<DeploymentStatus>(row.Get(status)),
            Revision = row.Get(revision),
            Url = row.Get(url),
            Error = row.Get(error),
            StartedAt = row.Get(started),
            FinishedAt = row.Get(finished),
            Version = row.Get(version),
        };
    });

    /// <summary>The project, for queries.</summary>
    public static EntityColumn<Deployment, Guid> ProjectId { get; } = Map.Id("project_id");

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<Deployment, string> Status { get; } = Map.Text("status");

    /// <summary>The beginning, for queries.</summary>
    public static EntityColumn<Deployment, DateTimeOffset> StartedAt { get; } = Map.Time("started_at");
}
