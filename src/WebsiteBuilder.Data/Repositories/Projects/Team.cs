using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a team.</summary>
/// <param name="Territory">The team's territory. Its members may be at home elsewhere.</param>
/// <param name="Id">Which one.</param>
public readonly record struct TeamKey(Territory Territory, Guid Id);

/// <summary>What somebody may do in a team or a project. A greater number may do more.</summary>
public enum MemberRole
{
    /// <summary>Not said; refused by writes.</summary>
    Unspecified = 0,

    /// <summary>Sees what is shown to them.</summary>
    Guest = 1,

    /// <summary>Sees all.</summary>
    Viewer = 2,

    /// <summary>Changes content.</summary>
    Editor = 3,

    /// <summary>Changes settings and members.</summary>
    Admin = 4,

    /// <summary>May do all. A team has one at least.</summary>
    Owner = 5,
}

/// <summary>People who work together. Its members and memberships go with it; its projects stay, without a team.</summary>
public sealed record Team
{
    /// <summary>The key.</summary>
    public required TeamKey Key { get; init; }

    /// <summary>The name, 1 to 100 characters.</summary>
    public required string Name { get; init; }

    /// <summary>When it was made. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How teams are stored: the table <c>teams</c>.</summary>
public static class TeamMap
{
    /// <summary>A session sees what it did.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<Team, TeamKey> Map { get; } = EntityMap.Create<Team, TeamKey>("teams", static team => team.Key, static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static team => team.Key.Id, static key => key.Id);
        var name = map.Column("name", static team => team.Name);
        var created = map.Column("created_at", static team => team.CreatedAt);
        var updated = map.Column("updated_at", static team => team.UpdatedAt);
        var version = map.Version("version", static team => team.Version);
        return row => new Team
        {
            Key = new TeamKey(row.Territory, row.Get(id)),
            Name = row.Get(name),
            CreatedAt = row.Get(created),
            UpdatedAt = row.Get(updated),
            Version = row.Get(version),
        };
    });

    /// <summary>The name, for queries.</summary>
    public static EntityColumn<Team, string> Name { get; } = Map.Text("name");
}
