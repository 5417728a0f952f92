using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>
/// Makes teams and changes who is in them. A team never loses its last owner, also when two leave at once: the database refuses the second one, whoever writes it
/// (<see cref="ConflictException"/> with the constraint <c>team_members_last_owner</c>). To hand a team over, make the new owner first. As thread-safe as its session is.
/// </summary>
/// <remarks>Whether the caller may do it is the application's matter. Read with <see cref="ConsistencyLevel.Strong"/> what must not be out of date.</remarks>
/// <param name="session">The session that sees what was done.</param>
public sealed class Teams(IDataSession session)
{
    /// <summary>Stores a team with its first owner: both, or nothing.</summary>
    /// <param name="team">The team.</param>
    /// <param name="owner">The owner, who may be at home in another territory.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">The team exists already (<c>teams_pkey</c>).</exception>
    public Task<WriteResult> CreateAsync(Team team, UserKey owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(team);
        return RunAsync(
            team.Key,
            (unit, _) =>
            {
                unit.Repository<Team, TeamKey>().Insert(team);
                unit.Repository<TeamMember, TeamMemberKey>().Insert(
                    new TeamMember { Key = new TeamMemberKey(team.Key, owner), Role = MemberRole.Owner, JoinedAt = team.CreatedAt });
                return Task.CompletedTask;
            },
            cancellationToken);
    }

    /// <summary>Adds a member.</summary>
    /// <param name="member">The member.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">They are a member already (<c>team_members_pkey</c>), or the team isn't there (<c>team_members_team_id_fkey</c>).</exception>
    public Task<WriteResult> AddAsync(TeamMember member, CancellationToken cancellationToken = default) =>
        session.Repository<TeamMember, TeamMemberKey>().InsertAsync(member, null, cancellationToken);

    /// <summary>Gives a member another role. The same role is no change, and succeeds.</summary>
    /// <param name="key">The member.</param>
    /// <param name="role">The new role.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">They aren't a member, or they are the last owner (<c>team_members_last_owner</c>).</exception>
    /// <exception cref="ArgumentException">The role isn't said.</exception>
    public Task<WriteResult> ChangeRoleAsync(TeamMemberKey key, MemberRole role, CancellationToken cancellationToken = default)
    {
        _ = EnumColumns.Text(role);
        return RunAsync(
            key.Team,
            async (unit, token) =>
            {
                var members = unit.Repository<TeamMember, TeamMemberKey>();
                var member = await members.FindAsync(key, RowLock.Update, token).ConfigureAwait(false) ?? throw Contradiction.NotFound("team_members.change-role");
                if (member.Role != role)
                {
                    members.Update(member with { Role = role }, member.Version);
                }
            },
            cancellationToken);
    }

    /// <summary>Takes a member out. Succeeds if they aren't one.</summary>
    /// <param name="key">The member.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">They are the last owner (<c>team_members_last_owner</c>). Delete the team, if that is what is wanted.</exception>
    public Task<WriteResult> RemoveAsync(TeamMemberKey key, CancellationToken cancellationToken = default) =>
        session.Repository<TeamMember, TeamMemberKey>().DeleteAsync(key, null, null, cancellationToken);

    private Task<WriteResult> RunAsync(TeamKey key, Func<IUnitOfWork, CancellationToken, Task> body, CancellationToken cancellationToken) =>
        session.RunUnitOfWorkAsync(TeamMemberMap.Map.Table, body, new UnitOfWorkOptions { ReplaySafe = true }, key.Territory, cancellationToken);
}
