using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>Workers against a real server.</summary>
[Collection(DomainTier.Collection)]
public sealed class JobWorkerTests(DomainTier tier)
{
    private static readonly JobPolicy Policy = new() { FirstDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, MaxAttempts = 3 };
    private static readonly JobWorkerPolicy Quick = new() { PollInterval = TimeSpan.FromMilliseconds(20) };

    private readonly string _name = Guid.NewGuid().ToString("n");

    [Fact]
    public async Task Workers_do_all_jobs_once_and_leave_those_that_fail_as_dead_letters()
    {
        var queue = NewQueue(Policy);
        for (var i = 0; i < 40; i++)
        {
            await queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = i % 10 == 0 ? "fails" : "works" });
        }

        using var stop = new CancellationTokenSource();
        var workers = Enumerable.Range(0, 3).Select(_ => new JobWorker(
            NewQueue(Policy),
            TimeProvider.System,
            static async (job, token) =>
            {
                await Task.Yield();
                return job.Kind == "works" ? (unit, inner) => Effect.CountAsync(unit, job.Key, inner) : throw new InvalidOperationException("broken");
            },
            Quick).RunAsync(stop.Token)).ToArray();
        await Eventually.TrueAsync(async () => await CountAsync("status IN ('done', 'dead')") == 40, TimeSpan.FromSeconds(60), "all jobs are over");
        await stop.CancelAsync();
        await Task.WhenAll(workers);

        Assert.Equal(36, await tier.ScalarAsync<long>($"SELECT count(*) FROM effects JOIN jobs USING (id) WHERE queue = '{_name}' AND count = 1 AND status = 'done'"));
        Assert.Equal(4, await CountAsync("status = 'dead' AND attempts = 3 AND last_error = 'System.InvalidOperationException: broken'"));
    }

    [Fact]
    public async Task A_job_that_takes_longer_than_its_lease_is_renewed()
    {
        var queue = NewQueue(Policy with { Lease = TimeSpan.FromSeconds(1.5) });
        await queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "k" });
        var enough = new TaskCompletionSource();
        using var stop = new CancellationTokenSource();
        var worker = new JobWorker(
            queue,
            TimeProvider.System,
            async (_, token) =>
            {
                await enough.Task.WaitAsync(token);
                return null;
            },
            Quick).RunAsync(stop.Token);

        await Eventually.TrueAsync(async () => await CountAsync("version >= 5") == 1, TimeSpan.FromSeconds(30), "the lease was renewed thrice");
        enough.SetResult();
        await Eventually.TrueAsync(async () => await CountAsync("status = 'done' AND attempts = 1") == 1, TimeSpan.FromSeconds(30), "the job is done at its first attempt");
        await stop.CancelAsync();
        await worker;
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_gives_back_what_does_not_end_in_time()
    {
        var queue = NewQueue(Policy);
        await queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "long" });
        await queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "short" });
        var begun = new ConcurrentBag<string>();
        using var stop = new CancellationTokenSource();
        var worker = new JobWorker(
            queue,
            TimeProvider.System,
            async (job, token) =>
            {
                begun.Add(job.Kind);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, job.Kind == "long" ? token : stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                token.ThrowIfCancellationRequested();
                return null;
            },
            Quick with { StopTimeout = TimeSpan.FromSeconds(1) }).RunAsync(stop.Token);

        await Eventually.TrueAsync(() => begun.Count == 2, TimeSpan.FromSeconds(30), "both jobs have begun");
        await stop.CancelAsync();
        await worker;

        Assert.Equal(1, await CountAsync("kind = 'long' AND status = 'ready' AND attempts = 0 AND due_at <= now()"));
        Assert.Equal(1, await CountAsync("kind = 'short' AND status = 'done'"));
    }

    [Fact]
    public async Task A_worker_whose_lease_is_lost_is_told_and_changes_nothing()
    {
        var queue = NewQueue(Policy with { Lease = TimeSpan.FromSeconds(1) });
        await queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "k" });
        var (begun, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        var errors = new ConcurrentQueue<Exception>();
        using var stop = new CancellationTokenSource();
        var worker = new JobWorker(
            queue,
            TimeProvider.System,
            async (job, token) =>
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                told.TrySetResult();
                return (unit, inner) => Effect.CountAsync(unit, job.Key, inner);
            },
            Quick with { OnError = errors.Enqueue }).RunAsync(stop.Token);

        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        await stop.CancelAsync();
        await tier.ScalarAsync<object>($"UPDATE jobs SET version = version + 100, due_at = now() + interval '1 day' WHERE queue = '{_name}'");
        await told.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        await worker;

        Assert.Contains(errors, static error => error is ConflictException { Kind: ConflictKind.VersionMismatch });
        Assert.Equal(1, await CountAsync("status = 'running' AND version > 100"));
        Assert.Equal(0, await tier.ScalarAsync<long>($"SELECT count(*) FROM effects JOIN jobs USING (id) WHERE queue = '{_name}'"));
    }

    private JobQueue NewQueue(JobPolicy policy) => new(tier.Client.OpenSession(), TimeProvider.System, tier.Home, _name, policy);

    private async Task<long> CountAsync(string condition) => await tier.ScalarAsync<long>($"SELECT count(*) FROM jobs WHERE queue = '{_name}' AND {condition}");
}
