using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>The key of a membership.</summary>
/// <param name="Team">The team, in whose territory the membership is kept.</param>
/// <param name="User">The member, who may be at home in another territory.</param>
public readonly record struct TeamMemberKey(TeamKey Team, UserKey User);

/// <summary>
/// Somebody's place in a team. It goes when the team goes. It doesn't go with its user, whom no foreign key can name across databases: end the memberships of a user who is deleted.
/// </summary>
/// <remarks>Whatever is written, and by whom, the last owner of a team stays: <see cref="ConflictException"/> with the constraint <c>team_members_last_owner</c>.</remarks>
public sealed record TeamMember
{
    /// <summary>The key.</summary>
    public required TeamMemberKey Key { get; init; }

    /// <summary>What they may do.</summary>
    public required MemberRole Role { get; init; }

    /// <summary>When they joined. PostgreSQL keeps microseconds.</summary>
    public required DateTimeOffset JoinedAt { get; init; }

    /// <summary>The version that was read; the library counts it.</summary>
    public long Version { get; init; }
}

/// <summary>How memberships are stored: the table <c>team_members</c>.</summary>
public static class TeamMemberMap
{
    /// <summary>A session sees what it did. Whoever must not miss that a right was taken away asks for <see cref="ConsistencyLevel.Strong"/>.</summary>
    public static EntityPolicy Policy => EntityPolicy.SessionScoped;

    /// <summary>The map.</summary>
    public static EntityMap<TeamMember, TeamMemberKey> Map { get; } = EntityMap.Create<TeamMember, TeamMemberKey>("team_members", static member => member.Key, static map =>
    {
        map.Territory(static key => key.Team.Territory);
        var team = map.Key("team_id", static member => member.Key.Team.Id, static key => key.Team.Id);
        var territory = map.Key("user_territory", static member => member.Key.User.Territory.ToString(), static key => key.User.Territory.ToString());
        var user = map.Key("user_id", static member => member.Key.User.Id, static key => key.User.Id);
        var role = map.Column("role", static member => EnumColumns.Text(member.Role));
        var joined = map.Column("joined_at", static member => member.JoinedAt);
        var version = map.Version("version", static member => member.Version);
        return row => new TeamMember
        {
            Key = new TeamMemberKey(new TeamKey(row.Territory, row.Get(team)), new UserKey(Territory.Parse(row.Get(territory)), row.Get(user))),
            Role = EnumColumns.Value<MemberRole>(row.Get(role)),
            JoinedAt = row.Get(joined),
            Version = row.Get(version),
        };
    });

    /// <summary>The team, for queries.</summary>
    public static EntityColumn<TeamMember, Guid> TeamId { get; } = Map.Id("team_id");

    /// <summary>The member's territory, for queries.</summary>
    public static EntityColumn<TeamMember, string> UserTerritory { get; } = Map.Text("user_territory");

    /// <summary>The member, for queries.</summary>
    public static EntityColumn<TeamMember, Guid> UserId { get; } = Map.Id("user_id");

    /// <summary>The role, for queries.</summary>
    public static EntityColumn<TeamMember, string> Role { get; } = Map.Text("role");
}
