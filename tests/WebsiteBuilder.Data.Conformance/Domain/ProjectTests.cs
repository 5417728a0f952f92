namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>Teams and deployments against a real server.</summary>
[Collection(DomainTier.Collection)]
public sealed class ProjectTests(DomainTier tier)
{
    private readonly IDataSession _session = tier.Client.OpenSession();

    [Fact]
    public async Task Of_two_owners_who_leave_at_once_one_stays()
    {
        for (var round = 0; round < 15; round++)
        {
            var (team, one, other) = await NewTeamAsync();

            var left = await Task.WhenAll(
                SucceedsAsync(new Teams(tier.Client.OpenSession()).RemoveAsync(one)),
                SucceedsAsync(round % 2 == 0
                    ? new Teams(tier.Client.OpenSession()).ChangeRoleAsync(other, MemberRole.Editor)
                    : new Teams(tier.Client.OpenSession()).RemoveAsync(other)));

            Assert.Single(left, static yes => yes);
            Assert.Equal(1, await tier.ScalarAsync<long>($"SELECT count(*) FROM team_members WHERE team_id = '{team.Id}' AND role = 'owner'"));
        }

        static async Task<bool> SucceedsAsync(Task<WriteResult> change)
        {
            try
            {
                await change;
                return true;
            }
            catch (ConflictException conflict)
            {
                Assert.Equal((ConflictKind.Constraint, "team_members_last_owner"), (conflict.Kind, conflict.Constraint));
                return false;
            }
        }
    }

    [Theory]
    [InlineData(System.Data.IsolationLevel.RepeatableRead)]
    [InlineData(System.Data.IsolationLevel.Serializable)]
    public async Task The_last_owner_stays_also_against_one_with_an_older_snapshot(System.Data.IsolationLevel isolation)
    {
        var (team, one, other) = await NewTeamAsync();

        var refused = await Assert.ThrowsAsync<ConflictException>(() => _session.RunUnitOfWorkAsync(
            "team_members",
            async (unit, token) =>
            {
                var members = unit.Repository<TeamMember, TeamMemberKey>();
                Assert.NotNull(await members.FindAsync(one, RowLock.None, token));
                await new Teams(tier.Client.OpenSession()).RemoveAsync(other, token);
                members.Delete(one);
            },
            new UnitOfWorkOptions { Isolation = isolation },
            tier.Home));

        Assert.Equal(ConflictKind.Serialization, refused.Kind);
        Assert.Equal(1, await tier.ScalarAsync<long>($"SELECT count(*) FROM team_members WHERE team_id = '{team.Id}'"));
    }

    [Fact]
    public async Task Members_come_change_and_go_and_the_team_takes_them_along()
    {
        var teams = new Teams(_session);
        var (team, one, other) = await NewTeamAsync();
        var abroad = new TeamMemberKey(team, new UserKey(Territory.Parse("elsewhere"), other.User.Id));

        await teams.AddAsync(new TeamMember { Key = abroad, Role = MemberRole.Guest, JoinedAt = DomainTier.Noon });
        var twice = await Assert.ThrowsAsync<ConflictException>(() => teams.AddAsync(new TeamMember { Key = abroad, Role = MemberRole.Guest, JoinedAt = DomainTier.Noon }));
        await teams.ChangeRoleAsync(abroad, MemberRole.Owner);
        await teams.ChangeRoleAsync(abroad, MemberRole.Owner);
        await teams.RemoveAsync(one);
        await teams.RemoveAsync(one);
        await teams.RemoveAsync(other);
        var absent = await Assert.ThrowsAsync<ConflictException>(() => teams.ChangeRoleAsync(one, MemberRole.Admin));
        await Assert.ThrowsAsync<ArgumentException>(() => teams.ChangeRoleAsync(abroad, MemberRole.Unspecified));

        Assert.Equal("team_members_pkey", twice.Constraint);
        Assert.Equal(ConflictKind.NotFound, absent.Kind);
        Assert.Equal((MemberRole.Owner, 2L), await _session.Repository<TeamMember, TeamMemberKey>().FindAsync(abroad) is { Value: { } member } ? (member.Role, member.Version) : default);
        await _session.Repository<Team, TeamKey>().DeleteAsync(team);
        Assert.Equal(0, await tier.ScalarAsync<long>($"SELECT count(*) FROM team_members WHERE team_id = '{team.Id}'"));
    }

    [Fact]
    public async Task Of_deployments_that_start_at_once_one_runs()
    {
        var project = await tier.NewProjectAsync(_session);

        var started = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var deployment = NewDeployment(project);
            try
            {
                await new Deployments(tier.Client.OpenSession(), TimeProvider.System).StartAsync(deployment);
                return deployment;
            }
            catch (ConflictException conflict)
            {
                Assert.Equal((ConflictKind.AlreadyExists, "deployments_one_running_per_project"), (conflict.Kind, conflict.Constraint));
                return null;
            }
        }));

        var one = Assert.Single(started, static deployment => deployment is not null)!;
        var strong = new ReadOptions { Consistency = ConsistencyLevel.Strong };
        Assert.Equal(one.Key, (await new Deployments(_session, TimeProvider.System).RunningAsync(project.Key, strong))!.Key);
    }

    [Fact]
    public async Task Deployments_end_once_and_the_latest_that_succeeded_is_live()
    {
        var clock = new JumpingClock();
        var deployments = new Deployments(_session, clock);
        var project = await tier.NewProjectAsync(_session);
        var (first, second, third) = (NewDeployment(project), NewDeployment(project, 1), NewDeployment(project, 2));

        await deployments.StartAsync(first);
        await deployments.StartAsync(first);
        await deployments.FinishAsync(first.Key, DeploymentStatus.Succeeded, "https://one.example");
        await deployments.FinishAsync(first.Key, DeploymentStatus.Succeeded);
        var other = await Assert.ThrowsAsync<ConflictException>(() => deployments.FinishAsync(first.Key, DeploymentStatus.Failed));
        await deployments.StartAsync(second);
        await deployments.FinishAsync(second.Key, DeploymentStatus.Failed, error: "e");
        await deployments.StartAsync(third);

        Assert.Equal(ConflictKind.Constraint, other.Kind);
        Assert.Equal((first.Key, "https://one.example"), await deployments.LatestSuccessfulAsync(project.Key) is { } live ? (live.Key, live.Url) : default);
        Assert.Equal(third.Key, (await deployments.RunningAsync(project.Key))!.Key);
        Assert.InRange(await deployments.FailStaleAsync(tier.Home, TimeSpan.FromDays(1)), 1, 100);
        Assert.Null(await deployments.RunningAsync(project.Key));
        await Assert.ThrowsAsync<ArgumentException>(() => deployments.FinishAsync(first.Key, DeploymentStatus.Running));
        await Assert.ThrowsAsync<ArgumentException>(() => deployments.StartAsync(first with { Status = DeploymentStatus.Succeeded }));
    }

    [Fact]
    public async Task A_deployment_names_a_configuration_of_its_own_project_and_outlives_it()
    {
        var (project, stranger) = (await tier.NewProjectAsync(_session), await tier.NewProjectAsync(_session));
        var configuration = new DeploymentConfiguration
        {
            Key = new DeploymentConfigurationKey(tier.Home, Guid.NewGuid()),
            ProjectId = project.Key.Id,
            Name = "production",
            Provider = DeploymentProvider.Netlify,
            CreatedAt = DomainTier.Noon,
            UpdatedAt = DomainTier.Noon,
        };
        var configurations = _session.Repository<DeploymentConfiguration, DeploymentConfigurationKey>();
        await configurations.InsertAsync(configuration);
        var deployments = new Deployments(_session, TimeProvider.System);

        var refused = await Assert.ThrowsAsync<ConflictException>(() => deployments.StartAsync(NewDeployment(stranger) with { ConfigurationId = configuration.Key.Id }));
        var deployment = NewDeployment(project) with { ConfigurationId = configuration.Key.Id };
        await deployments.StartAsync(deployment);
        await configurations.DeleteAsync(configuration.Key);

        Assert.Equal("deployments_configuration_id_fkey", refused.Constraint);
        Assert.Null((await _session.Repository<Deployment, DeploymentKey>().FindAsync(deployment.Key)).Value!.ConfigurationId);
    }

    private Deployment NewDeployment(Project project, int hours = 0) =>
        new() { Key = new DeploymentKey(tier.Home, Guid.NewGuid()), ProjectId = project.Key.Id, StartedAt = DomainTier.Noon.AddHours(hours) };

    private async Task<(TeamKey Team, TeamMemberKey One, TeamMemberKey Other)> NewTeamAsync()
    {
        var key = new TeamKey(tier.Home, Guid.NewGuid());
        var (one, other) = (new TeamMemberKey(key, new UserKey(tier.Home, Guid.NewGuid())), new TeamMemberKey(key, new UserKey(tier.Home, Guid.NewGuid())));
        await new Teams(_session).CreateAsync(new Team { Key = key, Name = "t", CreatedAt = DomainTier.Noon, UpdatedAt = DomainTier.Noon }, one.User);
        await new Teams(_session).AddAsync(new TeamMember { Key = other, Role = MemberRole.Owner, JoinedAt = DomainTier.Noon });
        return (key, one, other);
    }
}
