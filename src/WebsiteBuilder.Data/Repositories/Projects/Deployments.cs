using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>Starts and ends deployments. Of a project one runs at a time, which the database makes sure of. As thread-safe as its session is.</summary>
/// <param name="session">The session that sees what was done.</param>
/// <param name="time">The clock for <see cref="Deployment.FinishedAt"/>.</param>
public sealed class Deployments(IDataSession session, TimeProvider time)
{
    private const string Stale = "The deployment took too long, and was given up.";

    /// <summary>Stores a deployment that begins. The same one started again, within 24 hours, is started once.</summary>
    /// <param name="deployment">The deployment: running, and without an end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">
    /// Another one of the project runs (<see cref="ConflictKind.AlreadyExists"/>, <c>deployments_one_running_per_project</c>); the project isn't there (<c>deployments_project_id_fkey</c>); or the configuration isn't
    /// one of the project's (<c>deployments_configuration_id_fkey</c>).
    /// </exception>
    /// <exception cref="ArgumentException">The deployment isn't running.</exception>
    public Task<WriteResult> StartAsync(Deployment deployment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(deployment);
        if (deployment.Status != DeploymentStatus.Running || deployment.FinishedAt is not null)
        {
            throw new ArgumentException("A deployment starts as running, without an end.", nameof(deployment));
        }

        return session.Repository<Deployment, DeploymentKey>().InsertAsync(deployment, new WriteOptions { IdempotencyKey = $"start/{deployment.Key.Id:n}" }, cancellationToken);
    }

    /// <summary>Ends a deployment. One that ended the same way already stays as it is, and the call succeeds.</summary>
    /// <param name="key">The deployment.</param>
    /// <param name="status">How it ended: <see cref="DeploymentStatus.Succeeded"/>, <see cref="DeploymentStatus.Failed"/> or <see cref="DeploymentStatus.Cancelled"/>.</param>
    /// <param name="url">Where it can be seen, 1 to 2,000 characters; <see langword="null"/> leaves what is stored.</param>
    /// <param name="error">Why it failed, 2,000 characters at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConflictException">It isn't there, or ended another way already (<see cref="ConflictKind.Constraint"/>).</exception>
    /// <exception cref="ArgumentException">The status isn't one of the three.</exception>
    public Task<WriteResult> FinishAsync(
        DeploymentKey key, DeploymentStatus status, string? url = null, string? error = null, CancellationToken cancellationToken = default)
    {
        if (status is not (DeploymentStatus.Succeeded or DeploymentStatus.Failed or DeploymentStatus.Cancelled))
        {
            throw new ArgumentException("A deployment ends as succeeded, failed or cancelled.", nameof(status));
        }

        return RunAsync(
            key.Territory,
            async (unit, token) =>
            {
                var deployments = unit.Repository<Deployment, DeploymentKey>();
                var deployment = await deployments.FindAsync(key, RowLock.Update, token).ConfigureAwait(false) ?? throw Contradiction.NotFound("deployments.finish");
                if (deployment.Status == status)
                {
                    return;
                }

                if (deployment.Status != DeploymentStatus.Running)
                {
                    throw Contradiction.Of(null, "The deployment has ended another way already.", "deployments.finish");
                }

                deployments.Update(
                    deployment with { Status = status, Url = url ?? deployment.Url, Error = error, FinishedAt = time.Now() }, deployment.Version);
            },
            cancellationToken);
    }

    /// <summary>The deployment of a project that runs; <see langword="null"/> if none does.</summary>
    /// <param name="project">The project.</param>
    /// <param name="options">What the read asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<Deployment?> RunningAsync(ProjectKey project, ReadOptions? options = null, CancellationToken cancellationToken = default) =>
        LatestAsync(project, DeploymentStatus.Running, options, cancellationToken);

    /// <summary>The deployment of a project that is live: of those that succeeded the one that began last; <see langword="null"/> if none did.</summary>
    /// <param name="project">The project.</param>
    /// <param name="options">What the read asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<Deployment?> LatestSuccessfulAsync(ProjectKey project, ReadOptions? options = null, CancellationToken cancellationToken = default) =>
        LatestAsync(project, DeploymentStatus.Succeeded, options, cancellationToken);

    /// <summary>Ends deployments as failed that run for too long, such as those whose process was lost, the oldest first. Any number of processes may do so at once.</summary>
    /// <param name="territory">Whose.</param>
    /// <param name="longerThan">How long they may run, by the clock of whoever started them, above 0.</param>
    /// <param name="limit">How many at most, 1 to 1,000. Call again while so many were ended.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many were ended.</returns>
    public async Task<int> FailStaleAsync(Territory territory, TimeSpan longerThan, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(longerThan, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1_000);
        var ended = 0;
        await RunAsync(
            territory,
            async (unit, token) =>
            {
                var now = time.Now();
                var deployments = unit.Repository<Deployment, DeploymentKey>();
                var stale = Query.All<Deployment>().In(territory)
                    .Where(DeploymentMap.Status, DeploymentStatus.Running)
                    .Where(DeploymentMap.StartedAt, Comparison.Less, now - longerThan)
                    .OrderBy(DeploymentMap.StartedAt)
                    .Take(limit);
                var found = await deployments.QueryAsync(stale, RowLock.UpdateSkippingLocked, token).ConfigureAwait(false);
                foreach (var deployment in found)
                {
                    deployments.Update(deployment with { Status = DeploymentStatus.Failed, Error = Stale, FinishedAt = now }, deployment.Version);
                }

                ended = found.Count;
            },
            cancellationToken).ConfigureAwait(false);
        return ended;
    }

    private async Task<Deployment?> LatestAsync(ProjectKey project, DeploymentStatus status, ReadOptions? options, CancellationToken cancellationToken)
    {
        var latest = Query.All<Deployment>().In(project.Territory)
            .Where(DeploymentMap.ProjectId, Comparison.Equal, project.Id)
            .Where(DeploymentMap.Status, status)
            .OrderBy(DeploymentMap.StartedAt, descending: true)
            .Take(1);
        await foreach (var deployment in session.Repository<Deployment, DeploymentKey>().QueryAsync(latest, options, cancellationToken).ConfigureAwait(false))
        {
            return deployment;
        }

        return null;
    }

    private Task<WriteResult> RunAsync(Territory territory, Func<IUnitOfWork, CancellationToken, Task> body, CancellationToken cancellationToken) =>
        session.RunUnitOfWorkAsync(DeploymentMap.Map.Table, body, new UnitOfWorkOptions { ReplaySafe = true }, territory, cancellationToken);
}
