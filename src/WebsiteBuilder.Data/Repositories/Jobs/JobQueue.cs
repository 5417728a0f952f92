using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>What a job does to the data of its territory, within the transaction that completes it. It may run more than once: it reads, computes and stages, and does nothing else.</summary>
/// <param name="unit">The unit of work that completes the job.</param>
/// <param name="cancellationToken">Ends with the unit's time.</param>
public delegate Task JobEffects(IUnitOfWork unit, CancellationToken cancellationToken);

/// <summary>
/// Jobs of one queue in one territory. Enqueued jobs aren't lost; one worker has a job at a time; and what a job writes in the transaction that completes it is written exactly once. What it does
/// elsewhere, such as sending a mail, may happen more than once. As thread-safe as its session is.
/// </summary>
/// <remarks>
/// <para>
/// A claim is a lease. Its holder may be late, stuck or gone: once the lease is over another worker may take the job, and from then on the first one's <see cref="CompleteAsync"/>,
/// <see cref="RenewAsync"/>, <see cref="FailAsync"/> and <see cref="ReleaseAsync"/> fail with <see cref="ConflictException"/>, because the job's version has changed. Until somebody takes it they still succeed.
/// </para>
/// <para>
/// Time is the given clock's. Of workers whose clocks differ, one that is ahead takes jobs that much earlier from others, whose work is then in vain but never done twice; one that is behind leaves
/// them lying that much longer.
/// </para>
/// <para>
/// Of the jobs that are due, those of greater priority come first, then those due earlier. That is the order in which they are taken, not in which they are completed. Many jobs of great priority
/// that aren't due yet slow claims down, which pass over them one by one.
/// </para>
/// </remarks>
#pragma warning disable CA1711 // It is what everybody calls it, and no collection.
public sealed class JobQueue
#pragma warning restore CA1711
{
    /// <summary>The most jobs of one claim.</summary>
    public const int MaxClaim = 100;

    /// <summary>The longest name of a queue, in characters.</summary>
    public const int MaxNameLength = 64;

    /// <summary>The most jobs that one sweep deletes.</summary>
    public const int MaxBatch = 1_000;

    private const int MaxErrorLength = 2_000;
    private const int MaxClaimRounds = 10;
    private const string Abandoned = "The lease of the last attempt ended, and nobody said why.";

    private readonly IDataSession _session;
    private readonly TimeProvider _time;
    private readonly JobPolicy _policy;

    /// <summary>Opens a queue, which costs nothing. It exists by being used.</summary>
    /// <param name="session">The session that sees what was done.</param>
    /// <param name="time">The clock for due times and leases.</param>
    /// <param name="territory">The territory.</param>
    /// <param name="queue">The queue's name, 1 to 64 characters.</param>
    /// <param name="policy">How it treats jobs. Default: <see cref="JobPolicy.Default"/>.</param>
    /// <exception cref="ArgumentException">The name is empty or too long, or something of the policy is out of range.</exception>
    public JobQueue(IDataSession session, TimeProvider time, Territory territory, string queue, JobPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentException.ThrowIfNullOrEmpty(queue);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(queue.Length, MaxNameLength, nameof(queue));
        _session = session;
        _time = time;
        _policy = policy ?? JobPolicy.Default;
        _policy.Require();
        Territory = territory;
        Name = queue;
    }

    /// <summary>The queue's name.</summary>
    public string Name { get; }

    /// <summary>The territory.</summary>
    public Territory Territory { get; }

    internal TimeSpan Lease => _policy.Lease;

    private IRepository<Job, JobKey> Jobs => _session.Repository<Job, JobKey>();

    private Query<Job> Mine => Query.All<Job>().In(Territory).Where(JobMap.Queue, Comparison.Equal, Name);

    /// <summary>Adds a job.</summary>
    /// <param name="request">The job.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if there is a job with this id, or one with this deduplication key that is ready or running.</returns>
    /// <exception cref="ConflictException">Another constraint of the table, which <see cref="ConflictException.Constraint"/> names.</exception>
    public async Task<bool> EnqueueAsync(JobRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            await Jobs.InsertAsync(NewJob(request), null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ConflictException conflict) when (conflict is { Kind: ConflictKind.AlreadyExists, Constraint: "jobs_pkey" or "jobs_deduplication_key" })
        {
            return false;
        }
    }

    /// <summary>
    /// Adds a job within a unit of work: it exists if the unit is committed. If another call adds one of the same id or deduplication key at the same moment, the unit fails
    /// (<see cref="ConflictKind.AlreadyExists"/>, <c>jobs_pkey</c> or <c>jobs_deduplication_key</c>): run it again.
    /// </summary>
    /// <param name="unit">The unit of work, of this territory's shard.</param>
    /// <param name="request">The job.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False if there is such a job already.</returns>
    public async Task<bool> EnqueueAsync(IUnitOfWork unit, JobRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(request);
        var jobs = unit.Repository<Job, JobKey>();
        if (await jobs.FindAsync(new JobKey(Territory, request.Id), RowLock.None, cancellationToken).ConfigureAwait(false) is not null)
        {
            return false;
        }

        if (request.DeduplicationKey is { } key)
        {
            // Whatever has a due time is ready or running, and only these are in the index.
            var same = Mine.Where(JobMap.DeduplicationKey, Comparison.Equal, key).Where(JobMap.DueAt, Comparison.GreaterOrEqual, DateTimeOffset.MinValue).Take(1);
            if ((await jobs.QueryAsync(same, RowLock.None, cancellationToken).ConfigureAwait(false)).Count > 0)
            {
                return false;
            }
        }

        jobs.Insert(NewJob(request));
        return true;
    }

    /// <summary>
    /// Takes jobs that are due, for the lease that the policy says. Never waits for other workers. A job that was tried as often as it may, and whose lease ended, isn't taken but becomes a dead letter: it may be
    /// what ends the workers.
    /// </summary>
    /// <param name="max">How many at most, 1 to <see cref="MaxClaim"/>.</param>
    /// <param name="cancellationToken">Ends the wait. Jobs that were taken all the same come back when their lease ends.</param>
    /// <returns>The jobs, which may be fewer than there are.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public async Task<IReadOnlyList<Job>> ClaimAsync(int max, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(max, MaxClaim);
        List<Job> claimed = [];
        await RunAsync(
            async (unit, token) =>
            {
                claimed.Clear();
                var jobs = unit.Repository<Job, JobKey>();
                var now = _time.Now();
                var due = Mine.Where(JobMap.DueAt, Comparison.LessOrEqual, now).OrderBy(JobMap.Priority, descending: true).OrderBy(JobMap.DueAt);
                for (var round = 0; round < MaxClaimRounds && claimed.Count < max; round++)
                {
                    var found = await jobs.QueryAsync(due.Take(max - claimed.Count), RowLock.UpdateSkippingLocked, token).ConfigureAwait(false);
                    foreach (var job in found)
                    {
                        Claim(jobs, job, now, claimed);
                    }

                    if (found.All(static job => job.Attempts < job.MaxAttempts))
                    {
                        return;
                    }
                }
            },
            null,
            cancellationToken).ConfigureAwait(false);
        return claimed;
    }

    /// <summary>Begins the lease of a claimed job anew.</summary>
    /// <param name="claimed">The job as it was claimed or renewed last.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The job with its new lease; the old one is of no use any more.</returns>
    /// <exception cref="ConflictException">The lease is lost (<see cref="ConflictKind.VersionMismatch"/>), or the job is gone.</exception>
    public Task<Job> RenewAsync(Job claimed, CancellationToken cancellationToken = default) =>
        WriteAsync(claimed, claimed => claimed with { DueAt = _time.Now() + _policy.Lease }, cancellationToken);

    /// <summary>
    /// Completes a claimed job and applies its effects, in one transaction: both, or nothing. Called again with the same claim, by any process and within 24 hours, it is applied once and succeeds.
    /// </summary>
    /// <param name="claimed">The job as it was claimed or renewed last.</param>
    /// <param name="effects">What it does to the territory's data. Default: nothing.</param>
    /// <param name="cancellationToken">Ends the wait. Once the commit is on its way its outcome stays unknown then: call again, or let the lease end.</param>
    /// <exception cref="ConflictException">
    /// The lease is lost (<see cref="ConflictKind.VersionMismatch"/>, operation <c>jobs.update</c>): another worker does the job or has done it, and nothing of this one is applied. Or something stored contradicts the effects.
    /// </exception>
    public Task<WriteResult> CompleteAsync(Job claimed, JobEffects? effects = null, CancellationToken cancellationToken = default)
    {
        RequireMine(claimed);
        return RunAsync(
            async (unit, token) =>
            {
                if (effects is not null)
                {
                    await effects(unit, token).ConfigureAwait(false);
                }

                unit.Repository<Job, JobKey>().Update(
                    claimed with { Status = JobStatus.Done, DueAt = null, LastError = null, FinishedAt = _time.Now() }, claimed.Version);
            },
            $"job/{claimed.Key.Id:n}/{claimed.Attempts}/{claimed.Version}",
            cancellationToken);
    }

    /// <summary>Says that a claimed job failed: it waits as the policy says and is tried again, or becomes a dead letter if it was tried as often as it may.</summary>
    /// <param name="claimed">The job as it was claimed or renewed last.</param>
    /// <param name="error">Why; kept with the job, cut off at 2,000 characters. No place for secrets.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The job as it stands now.</returns>
    /// <exception cref="ConflictException">The lease is lost (<see cref="ConflictKind.VersionMismatch"/>), or the job is gone.</exception>
    public Task<Job> FailAsync(Job claimed, string error, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(error);
        return WriteAsync(claimed, claimed => Failed(claimed, error, _time.Now()), cancellationToken);
    }

    /// <summary>Gives a claimed job back untried, as if it hadn't been taken: it is due at once.</summary>
    /// <param name="claimed">The job as it was claimed or renewed last.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The job as it stands now.</returns>
    /// <exception cref="ConflictException">The lease is lost (<see cref="ConflictKind.VersionMismatch"/>), or the job is gone.</exception>
    public Task<Job> ReleaseAsync(Job claimed, CancellationToken cancellationToken = default) => WriteAsync(
        claimed, claimed => claimed with { Status = JobStatus.Ready, DueAt = _time.Now(), Attempts = Math.Max(claimed.Attempts - 1, 0) }, cancellationToken);

    /// <summary>The dead letters, the oldest first.</summary>
    /// <param name="limit">How many at most, 1 to 10,000.</param>
    /// <param name="after">Only those that died after this, such as the last one of the page before.</param>
    /// <param name="options">What the read asks for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public IAsyncEnumerable<Job> DeadLettersAsync(
        int limit = 1_000, DateTimeOffset? after = null, ReadOptions? options = null, CancellationToken cancellationToken = default) => Jobs.QueryAsync(
        Mine.Where(JobMap.Status, JobStatus.Dead)
            .Where(JobMap.FinishedAt, Comparison.Greater, after ?? DateTimeOffset.MinValue)
            .OrderBy(JobMap.FinishedAt)
            .Take(limit),
        options,
        cancellationToken);

    /// <summary>Makes a dead letter a job again, due at once, with all its attempts before it.</summary>
    /// <param name="deadLetter">The dead letter as it was read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The job as it stands now.</returns>
    /// <exception cref="ConflictException">Somebody else did so (<see cref="ConflictKind.VersionMismatch"/>); it is gone; or another job has its deduplication key by now (<c>jobs_deduplication_key</c>).</exception>
    /// <exception cref="ArgumentException">It isn't a dead letter of this queue.</exception>
    public Task<Job> RequeueAsync(Job deadLetter, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(deadLetter);
        return deadLetter.Status == JobStatus.Dead
            ? WriteAsync(deadLetter, job => job with { Status = JobStatus.Ready, DueAt = _time.Now(), Attempts = 0, FinishedAt = null }, cancellationToken)
            : throw new ArgumentException("Only a dead letter is made a job again.", nameof(deadLetter));
    }

    /// <summary>Deletes jobs of this queue that are over for longer than is said, the oldest first, in one transaction. Nothing else ever deletes one. Any number of processes may do so at once.</summary>
    /// <param name="status">Which: <see cref="JobStatus.Done"/> or <see cref="JobStatus.Dead"/>.</param>
    /// <param name="olderThan">For how long they are kept, 0 or more. A job that is gone doesn't keep its id from being used again.</param>
    /// <param name="limit">How many at most, 1 to <see cref="MaxBatch"/>. Call again while so many were deleted.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="ArgumentException">The status is another one, or a number is out of range.</exception>
    public async Task<int> SweepAsync(JobStatus status, TimeSpan olderThan, int limit = MaxBatch, CancellationToken cancellationToken = default)
    {
        if (status is not (JobStatus.Done or JobStatus.Dead))
        {
            throw new ArgumentException("Only jobs that are done or dead are swept.", nameof(status));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(olderThan, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxBatch);
        var over = Mine.Where(JobMap.Status, status)
            .Where(JobMap.FinishedAt, Comparison.LessOrEqual, _time.Now() - olderThan)
            .OrderBy(JobMap.FinishedAt)
            .Take(limit);
        var deleted = 0;
        await RunAsync(
            async (unit, token) =>
            {
                var jobs = unit.Repository<Job, JobKey>();
                var found = await jobs.QueryAsync(over, RowLock.UpdateSkippingLocked, token).ConfigureAwait(false);
                foreach (var job in found)
                {
                    jobs.Delete(job.Key);
                }

                deleted = found.Count;
            },
            null,
            cancellationToken).ConfigureAwait(false);
        return deleted;
    }

    private static string Storable(string error)
    {
        var text = error.Replace('\0', ' ');
        if (text.Length <= MaxErrorLength)
        {
            return text;
        }

        return text[..(char.IsHighSurrogate(text[MaxErrorLength - 1]) ? MaxErrorLength - 1 : MaxErrorLength)];
    }

    private Job NewJob(JobRequest request)
    {
        var now = _time.Now();
        return new Job
        {
            Key = new JobKey(Territory, request.Id),
            Queue = Name,
            Kind = request.Kind,
            Payload = request.Payload,
            DeduplicationKey = request.DeduplicationKey,
            Priority = request.Priority,
            Status = JobStatus.Ready,
            DueAt = request.DueAt ?? now,
            MaxAttempts = request.MaxAttempts ?? _policy.MaxAttempts,
            CreatedAt = now,
        };
    }

    private void Claim(IUnitOfWorkRepository<Job, JobKey> jobs, Job job, DateTimeOffset now, List<Job> claimed)
    {
        if (job.Attempts >= job.MaxAttempts)
        {
            jobs.Update(Failed(job, job.LastError ?? Abandoned, now), job.Version);
            return;
        }

        var taken = job with { Status = JobStatus.Running, DueAt = now + _policy.Lease, Attempts = job.Attempts + 1 };
        jobs.Update(taken, job.Version);
        claimed.Add(taken with { Version = job.Version + 1 });
    }

    private Job Failed(Job job, string error, DateTimeOffset now) => job.Attempts >= job.MaxAttempts
        ? job with { Status = JobStatus.Dead, DueAt = null, LastError = Storable(error), FinishedAt = now }
        : job with { Status = JobStatus.Ready, DueAt = now + _policy.DelayAfter(job), LastError = Storable(error) };

    private async Task<Job> WriteAsync(Job job, Func<Job, Job> change, CancellationToken cancellationToken)
    {
        RequireMine(job);
        var changed = change(job);
        var written = await Jobs.UpdateAsync(changed, job.Version, null, cancellationToken).ConfigureAwait(false);
        return changed with { Version = written.Version };
    }

    private void RequireMine(Job job)
    {
        ArgumentNullException.ThrowIfNull(job);
        if (job.Queue != Name || job.Key.Territory != Territory)
        {
            throw new ArgumentException("The job is of another queue.", nameof(job));
        }
    }

    private Task<WriteResult> RunAsync(Func<IUnitOfWork, CancellationToken, Task> body, string? idempotencyKey, CancellationToken cancellationToken) => _session.RunUnitOfWorkAsync(
        JobMap.Map.Table, body, new UnitOfWorkOptions { IdempotencyKey = idempotencyKey, ReplaySafe = true }, Territory, cancellationToken);
}
