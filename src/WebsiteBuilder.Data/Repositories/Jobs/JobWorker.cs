using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>Does a job's work, outside of any transaction, and says what it does to the data. What it throws is a failure of the job.</summary>
/// <param name="job">The job as it was claimed.</param>
/// <param name="cancellationToken">Ends when the job's lease is lost, or when the worker was told to stop and waits no longer.</param>
/// <returns>What to apply together with the job's completion; <see langword="null"/> for nothing.</returns>
public delegate Task<JobEffects?> JobHandler(Job job, CancellationToken cancellationToken);

/// <summary>How a worker works. Immutable.</summary>
public sealed record JobWorkerPolicy
{
    /// <summary>The defaults.</summary>
    public static JobWorkerPolicy Default { get; } = new();

    /// <summary>How many jobs it does at once: 1 to <see cref="JobQueue.MaxClaim"/>. Default: 4.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>How long it waits before it asks again when nothing was due: 10 ms to 1 h. Default: 1 s.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long it lets handlers go on after it was told to stop: above 0, up to 1 h. Default: 20 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Told what went wrong beside the handlers' own failures: a claim, renewal or completion. Must not throw. Default: nobody is.</summary>
    public Action<Exception>? OnError { get; init; }

    internal void Require()
    {
        Within.Require(Concurrency, 1, JobQueue.MaxClaim, nameof(Concurrency));
        Within.Require(PollInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1), nameof(PollInterval));
        Within.Require(StopTimeout, TimeSpan.FromTicks(1), TimeSpan.FromHours(1), nameof(StopTimeout));
    }
}

/// <summary>
/// Takes jobs from a queue, has them done, renews their leases meanwhile, and completes them. Run as many as you like, in as many processes. Handlers that block their thread hold the others up.
/// </summary>
/// <param name="queue">The queue. Give the worker one of its own, on a session of its own.</param>
/// <param name="time">The clock for polling, renewals and stopping.</param>
/// <param name="handler">Does the work.</param>
/// <param name="policy">How to work. Default: <see cref="JobWorkerPolicy.Default"/>.</param>
public sealed class JobWorker(JobQueue queue, TimeProvider time, JobHandler handler, JobWorkerPolicy? policy = null)
{
    private readonly JobWorkerPolicy _policy = policy ?? JobWorkerPolicy.Default;

    /// <summary>
    /// Works until it is told to stop. Then it takes no more jobs, lets those go on that it has, cancels them when <see cref="JobWorkerPolicy.StopTimeout"/> is over, and gives back untried those that
    /// end by that. It ends when all of them have; a handler that ignores its cancellation holds it up, and so does a claim that waits for a primary, up to the client's own timeout.
    /// </summary>
    /// <param name="stopping">Tells it to stop; that is no error.</param>
    /// <exception cref="ArgumentOutOfRangeException">Something of the policy is out of range.</exception>
    /// <remarks><see cref="DataTierException"/>s don't end it: it tells them and asks again after <see cref="JobWorkerPolicy.PollInterval"/>. Anything else, such as a territory that no shard holds, does.</remarks>
    public async Task RunAsync(CancellationToken stopping)
    {
        _policy.Require();
        List<Task> running = [];
        using var abandon = new CancellationTokenSource();
        try
        {
            using var poll = new PeriodicTimer(_policy.PollInterval, time);
            var tick = poll.WaitForNextTickAsync(stopping).AsTask();
            while (!stopping.IsCancellationRequested && !running.Exists(static work => work.IsFaulted))
            {
                var taken = await ClaimAsync(_policy.Concurrency - running.Count).ConfigureAwait(false);
                running.AddRange(taken.Select(job => WorkAsync(job, abandon.Token)));
                if (taken.Count == 0 || running.Count >= _policy.Concurrency)
                {
                    // With all hands full only one that gets free matters; else also that something may be due now.
                    Task free = running.Count >= _policy.Concurrency ? Task.WhenAny(running) : Task.WhenAny([.. running, tick]);
                    await free.WaitAsync(stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                if (tick.IsCompleted)
                {
                    tick = poll.WaitForNextTickAsync(stopping).AsTask();
                }

                running.RemoveAll(static work => work.IsCompletedSuccessfully);
            }
        }
        finally
        {
            var rest = Task.WhenAll(running);
            await rest.WaitAsync(_policy.StopTimeout, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Cancel(abandon);
            await rest.ConfigureAwait(false);
        }
    }

    private static void Cancel(CancellationTokenSource source) => source.Cancel();

    private async Task<IReadOnlyList<Job>> ClaimAsync(int free)
    {
        if (free == 0)
        {
            return [];
        }

        try
        {
            // One that is on its way isn't called off: jobs that nobody knows to have taken would lie until their lease ends.
            return await queue.ClaimAsync(free, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DataTierException exception)
        {
            _policy.OnError?.Invoke(exception);
            return [];
        }
    }

    private async Task WorkAsync(Job job, CancellationToken abandoned)
    {
        var lease = new Lease(queue, job, time, _policy.OnError);
        await using (lease.ConfigureAwait(false))
        {
            using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(abandoned, lease.Lost);
            try
            {
                await DoAsync(lease, cancelled.Token).ConfigureAwait(false);
            }
            catch (DataTierException exception)
            {
                // Lost, or its outcome unknown: whoever takes it next finds out.
                _policy.OnError?.Invoke(exception);
            }
        }
    }

    private async Task DoAsync(Lease lease, CancellationToken cancelled)
    {
        JobEffects? effects;
        try
        {
            effects = await handler(lease.Job, cancelled).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever a handler throws is the job's failure, and must not end the worker.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await lease.EndAsync().ConfigureAwait(false);
            if (lease.Lost.IsCancellationRequested)
            {
                return;
            }

            _ = exception is OperationCanceledException && cancelled.IsCancellationRequested
                ? await queue.ReleaseAsync(lease.Job, CancellationToken.None).ConfigureAwait(false)
                : await queue.FailAsync(lease.Job, $"{exception.GetType().FullName}: {exception.Message}", CancellationToken.None).ConfigureAwait(false);
            return;
        }

        await lease.EndAsync().ConfigureAwait(false);
        await CompleteAsync(lease.Job, effects).ConfigureAwait(false);
    }

    private async Task CompleteAsync(Job job, JobEffects? effects)
    {
        try
        {
            await queue.CompleteAsync(job, effects, CancellationToken.None).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // What effects throw is the job's failure, and must not end the worker.
        catch (Exception exception) when (exception is not DataTierException { Disposition: not WriteDisposition.NotApplied })
#pragma warning restore CA1031
        {
            _policy.OnError?.Invoke(exception);

            // If the lease is lost, this is refused as well, and says so.
            await queue.FailAsync(job, $"{exception.GetType().FullName}: {exception.Message}", CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Renews a job's lease until it is ended or lost.</summary>
    private sealed class Lease : IAsyncDisposable
    {
        private readonly CancellationTokenSource _lost = new();
        private readonly PeriodicTimer _timer;
        private readonly Task _renewing;

        public Lease(JobQueue queue, Job job, TimeProvider time, Action<Exception>? onError)
        {
            Job = job;
            _timer = new PeriodicTimer(queue.Lease / 3, time);
            _renewing = RenewAsync(queue, onError);
        }

        public Job Job { get; private set; }

        public CancellationToken Lost => _lost.Token;

        /// <summary>After this nothing is renewed any more, and the job is the one to complete.</summary>
        public Task EndAsync()
        {
            _timer.Dispose();
            return _renewing;
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync().ConfigureAwait(false);
            _lost.Dispose();
        }

        private async Task RenewAsync(JobQueue queue, Action<Exception>? onError)
        {
            while (await _timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
            {
                try
                {
                    Job = await queue.RenewAsync(Job, CancellationToken.None).ConfigureAwait(false);
                }
                catch (ConflictException exception)
                {
                    onError?.Invoke(exception);
                    Cancel(_lost);
                    return;
                }
                catch (DataTierException exception)
                {
                    // The lease still stands; the next time may be better.
                    onError?.Invoke(exception);
                }
            }
        }
    }
}
