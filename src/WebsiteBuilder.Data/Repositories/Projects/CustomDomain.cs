using System.Text.Json;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a custom domain.</summary>
/// <param name="Territory">The project's territory.</param>
/// <param name="Host">The host name in lower case, without a final dot, 253 characters at most; international ones in their ASCII form. Unique within the territory only.</param>
public readonly record struct CustomDomainKey(Territory Territory, string Host);

/// <summary>Whether a domain was shown to belong to who uses it.</summary>
public enum DomainStatus
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>Not yet.</summary>
    Pending = 1,

    /// <summary>It was.</summary>
    Verified = 2,

    /// <summary>It wasn't.</summary>
    Failed = 3,
}

/// <summary>A host name under which a project is published, with its settings. It goes when its project goes.</summary>
public sealed record CustomDomain
{
    /// <summary>The key.</summary>
    public required CustomDomainKey Key { get; init; }

    /// <summary>The id of the project, which is in the same territory.</summary>
    public required Guid ProjectId { get; init; }

    /// <summary>Whether it was verified. Default: <see cref="DomainStatus.Pending"/>.</summary>
    public DomainStatus Status { get; init; } = DomainStatus.Pending;

    /// <summary>Whether it is the project's main one, of which there is one at most (<c>custom_domains_one_main_per_project</c>). Default: false.</summary>
    public bool IsMain { get; init; }

    /// <summary>The host that visitors are sent on to, another one, 253 characters at most. Default: none.</summary>
    public string? RedirectTo { get; init; }

    /// <summary>What the owner puts into DNS, 1 to 200 characters.</summary>
    public string? VerificationToken { get; init; }

    /// <summary>When its certificate ends.</summary>
    public DateTimeOffset? CertificateExpiresAt { get; init; }

    /// <summary>Other settings as JSON.</summary>
    public JsonElement? Settings { get; init; }

    /// <summary>When it was made. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How custom domains are stored: the table <c>custom_domains</c>.</summary>
public static class CustomDomainMap
{
    /// <summary>A session sees what it did.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<CustomDomain, CustomDomainKey> Map { get; } = EntityMap.Create<CustomDomain, CustomDomainKey>("custom_domains", static domain => domain.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var host = map.Key("host", static domain => domain.Key.Host, static key => key.Host);
        var project = map.Column("project_id", static domain => domain.ProjectId);
        var status = map.Column("status", static domain => EnumColumns.Text(domain.Status));
        var main = map.Column("is_main", static domain => domain.IsMain);
        var redirect = map.Column("redirect_to", static domain => domain.RedirectTo);
        var token = map.Column("verification_token", static domain => domain.VerificationToken);
        var certificate = map.Column("certificate_expires_at", static domain => domain.CertificateExpiresAt);
        var settings = map.Json("settings", static domain => domain.Settings, DomainJson.Default.NullableJsonElement);
        var created = map.Column("created_at", static domain => domain.CreatedAt);
        var updated = map.Column("updated_at", static domain => domain.UpdatedAt);
        var version = map.Version("version", static domain => domain.Version);
        return row => new CustomDomain
        {
            Key = new CustomDomainKey(row.Territory, row.Get(host)),
            ProjectId = row.Get(project),
            Status = EnumColumns.Value<DomainStatus>(row.Get(status)),
            IsMain = row.Get(main),
            RedirectTo = row.Get(redirect),
            VerificationToken = row.Get(token),
            CertificateExpiresAt = row.Get(certificate),
            Settings = row.Get(settings),
            CreatedAt = row.Get(created),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });

    /// <summary>The project, for queries.</summary>
    public static EntityColumn<CustomDomain, Guid> ProjectId { get; } = Map.Id("project_id");

    /// <summary>The host name, for queries.</summary>
    public static EntityColumn<CustomDomain, string> Host { get; } = Map.Text("host");

    /// <summary>The status, for queries.</summary>
    public static EntityColumn<CustomDomain, string> Status { get; } = Map.Text("status");

    /// <summary>The end of the certificate, for queries.</summary>
    public static EntityColumn<CustomDomain, DateTimeOffset?> CertificateExpiresAt { get; } = Map.Column<CustomDomain, CustomDomainKey, DateTimeOffset?>("certificate_expires_at");

    /// <summary>When it was made, for queries.</summary>
    public static EntityColumn<CustomDomain, DateTimeOffset> CreatedAt { get; } = Map.Time("created_at");
}
