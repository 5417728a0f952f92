using System.Text.Json;

namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>The job queue against a real server.</summary>
[Collection(DomainTier.Collection)]
public sealed class JobQueueTests(DomainTier tier)
{
    private static readonly JobPolicy Policy = new() { FirstDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero };

    private readonly IDataSession _session = tier.Client.OpenSession();
    private readonly JumpingClock _clock = new();
    private readonly string _name = Guid.NewGuid().ToString("n");

    private JobQueue Queue => new(_session, _clock, tier.Home, _name, Policy);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Workers_that_are_killed_late_and_at_odds_about_the_time_do_each_job_once_and_lose_none(int seed)
    {
        const int Jobs = 500;
        const int Poisonous = 10;
        await EnqueueManyAsync(Jobs, Poisonous);
        var lost = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async worker =>
        {
            var random = new Random((seed * 100) + worker);
            var queue = NewQueue(_clock.Skewed(TimeSpan.FromMilliseconds(worker * 500)));
            while (await IsOpenAsync())
            {
                var claimed = await queue.ClaimAsync(random.Next(1, 12));
                if (claimed.Count == 0)
                {
                    _clock.Jump(Policy.Lease / 2);
                }

                foreach (var job in claimed)
                {
                    try
                    {
                        await WorkAsync(queue, job, random);
                    }
                    catch (ConflictException conflict) when (conflict is { Kind: ConflictKind.VersionMismatch, Operation: "jobs.update" })
                    {
                        Interlocked.Increment(ref lost);
                    }
                }
            }
        }));

        Assert.Equal(Jobs - Poisonous, await CountAsync("done"));
        Assert.Equal(Poisonous, await CountAsync("dead"));
        Assert.Equal(
            Jobs - Poisonous, await tier.ScalarAsync<long>($"SELECT count(*) FROM effects JOIN jobs USING (id) WHERE queue = '{_name}' AND count = 1 AND status = 'done'"));
        Assert.Equal(0, await tier.ScalarAsync<long>($"SELECT count(*) FROM effects JOIN jobs USING (id) WHERE queue = '{_name}' AND (count <> 1 OR status <> 'done')"));
        Assert.True(lost > 0, "no lease was lost, so nothing was put to the test");
    }

    [Fact]
    public async Task Workers_that_claim_at_once_share_the_jobs()
    {
        await EnqueueManyAsync(60, 0);

        var claimed = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => NewQueue(_clock).ClaimAsync(10)));

        var keys = claimed.SelectMany(static jobs => jobs).Select(static job => job.Key).ToArray();
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.NotEmpty(keys);
    }

    [Fact]
    public async Task Who_lost_the_lease_changes_nothing()
    {
        await EnqueueManyAsync(1, 0);
        var late = Assert.Single(await Queue.ClaimAsync(10));
        Assert.Empty(await Queue.ClaimAsync(10));
        _clock.Jump(Policy.Lease);
        var next = Assert.Single(await Queue.ClaimAsync(10));
        Assert.Equal((late.Key, 2), (next.Key, next.Attempts));

        foreach (var useless in new Func<Task>[]
        {
            () => Queue.CompleteAsync(late, (unit, token) => Effect.CountAsync(unit, late.Key, token)),
            () => Queue.RenewAsync(late),
            () => Queue.FailAsync(late, "e"),
            () => Queue.ReleaseAsync(late),
        })
        {
            Assert.Equal(ConflictKind.VersionMismatch, (await Assert.ThrowsAsync<ConflictException>(useless)).Kind);
        }

        Assert.Equal(0, await EffectsAsync(late));
        await Queue.CompleteAsync(next, (unit, token) => Effect.CountAsync(unit, next.Key, token));
        Assert.Equal(1, await EffectsAsync(next));
    }

    [Fact]
    public async Task A_completion_sent_again_is_applied_once_and_a_lease_that_is_over_still_stands_until_somebody_takes_it()
    {
        await EnqueueManyAsync(1, 0);
        var job = Assert.Single(await Queue.ClaimAsync(1));
        job = await Queue.RenewAsync(job);
        _clock.Jump(Policy.Lease * 2);

        for (var i = 0; i < 3; i++)
        {
            await Queue.CompleteAsync(job, (unit, token) => Effect.CountAsync(unit, job.Key, token));
        }

        Assert.Equal(1, await EffectsAsync(job));
        Assert.Empty(await Queue.ClaimAsync(1));
    }

    [Fact]
    public async Task A_lease_that_is_renewed_is_not_lost()
    {
        await EnqueueManyAsync(1, 0);
        var job = Assert.Single(await Queue.ClaimAsync(1));
        for (var i = 0; i < 3; i++)
        {
            _clock.Jump(Policy.Lease * 0.6);
            job = await Queue.RenewAsync(job);
            Assert.Empty(await Queue.ClaimAsync(1));
        }

        await Queue.CompleteAsync(job);
        Assert.Equal(1, await CountAsync("done"));
    }

    [Fact]
    public async Task Effects_that_fail_leave_the_job_undone_and_the_data_as_it_was()
    {
        await EnqueueManyAsync(1, 0);
        var job = Assert.Single(await Queue.ClaimAsync(1));

        await Assert.ThrowsAsync<TimeoutException>(() => Queue.CompleteAsync(job, async (unit, token) =>
        {
            await Effect.CountAsync(unit, job.Key, token);
            throw new TimeoutException();
        }));

        Assert.Equal(0, await EffectsAsync(job));
        var failed = await Queue.FailAsync(job, new string('e', 3_000) + "\0");
        Assert.Equal((JobStatus.Ready, 2_000), (failed.Status, failed.LastError!.Length));
        await Queue.CompleteAsync(Assert.Single(await Queue.ClaimAsync(1)), (unit, token) => Effect.CountAsync(unit, job.Key, token));
        Assert.Equal(1, await EffectsAsync(job));
    }

    [Fact]
    public async Task Jobs_that_fail_too_often_or_end_their_workers_become_dead_letters_and_come_back()
    {
        await Queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "fails", MaxAttempts = 2 });
        await Queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "kills", MaxAttempts = 2 });
        for (var attempt = 0; attempt < 2; attempt++)
        {
            var claimed = await Queue.ClaimAsync(10);
            Assert.Equal(2, claimed.Count);
            await Queue.FailAsync(claimed.Single(static job => job.Kind == "fails"), "broken");
            _clock.Jump(Policy.Lease);
        }

        Assert.Empty(await Queue.ClaimAsync(10));
        var dead = await Queue.DeadLettersAsync().ToDictionaryAsync(static job => job.Kind);
        Assert.Equal(("broken", 2, (DateTimeOffset?)null), (dead["fails"].LastError, dead["fails"].Attempts, dead["fails"].DueAt));
        Assert.Contains("lease", dead["kills"].LastError, StringComparison.Ordinal);

        await Queue.RequeueAsync(dead["fails"]);
        await Assert.ThrowsAsync<ConflictException>(() => Queue.RequeueAsync(dead["fails"]));
        var again = Assert.Single(await Queue.ClaimAsync(10));
        Assert.Equal((1, "fails"), (again.Attempts, again.Kind));
        await Assert.ThrowsAsync<ArgumentException>(() => Queue.RequeueAsync(again));
    }

    [Fact]
    public async Task Jobs_wait_until_they_are_due_and_the_greater_priority_comes_first()
    {
        await Queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "low", Priority = -1 });
        await Queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "later", Priority = 9, DueAt = _clock.GetUtcNow().AddHours(1) });
        await Queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "high", Priority = 1 });
        await Queue.EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "middle" });

        Assert.Equal(["high", "middle"], (await Queue.ClaimAsync(2)).Select(static job => job.Kind));
        var low = Assert.Single(await Queue.ClaimAsync(10));
        Assert.Equal(("low", 1), (low.Kind, low.Attempts));
        var released = await Queue.ReleaseAsync(low);
        Assert.Equal((JobStatus.Ready, 0), (released.Status, released.Attempts));
        _clock.Jump(TimeSpan.FromHours(1));
        Assert.Equal(["later", "high", "middle", "low"], (await Queue.ClaimAsync(10)).OrderByDescending(static job => job.Priority).Select(static job => job.Kind));
    }

    [Fact]
    public async Task Of_jobs_with_one_deduplication_key_one_is_open_and_of_one_id_one_is_kept()
    {
        var request = new JobRequest { Id = Guid.NewGuid(), Kind = "k", DeduplicationKey = "d" };

        var added = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => NewQueue(_clock).EnqueueAsync(request with { Id = Guid.NewGuid() })));
        Assert.Single(added, static yes => yes);
        Assert.True(await new JobQueue(_session, _clock, tier.Home, _name + "2").EnqueueAsync(request));
        Assert.False(await Queue.EnqueueAsync(request with { DeduplicationKey = null }));

        var job = Assert.Single(await Queue.ClaimAsync(10));
        Assert.False(await Queue.EnqueueAsync(request with { Id = Guid.NewGuid() }));
        await Queue.CompleteAsync(job);
        Assert.True(await Queue.EnqueueAsync(request with { Id = Guid.NewGuid() }));
        Assert.False(await Queue.EnqueueAsync(request with { Id = job.Key.Id, DeduplicationKey = null }));
    }

    [Fact]
    public async Task A_job_is_enqueued_together_with_what_it_is_about_or_not_at_all()
    {
        var request = new JobRequest { Id = Guid.NewGuid(), Kind = "welcome", DeduplicationKey = "d" };
        async Task<bool> RegisterAsync(string email, bool fails)
        {
            var enqueued = false;
            await _session.RunUnitOfWorkAsync(
                "jobs",
                async (unit, token) =>
                {
                    var key = new UserKey(tier.Home, Guid.NewGuid());
                    unit.Repository<User, UserKey>().Insert(new User { Key = key, Email = email, CreatedAt = DomainTier.Noon, UpdatedAt = DomainTier.Noon });
                    enqueued = await Queue.EnqueueAsync(unit, request, token);
                    if (fails)
                    {
                        throw new TimeoutException();
                    }
                },
                territory: tier.Home);
            return enqueued;
        }

        await Assert.ThrowsAsync<TimeoutException>(() => RegisterAsync($"{request.Id:n}@a.example", fails: true));
        Assert.Empty(await Queue.ClaimAsync(1));
        Assert.True(await RegisterAsync($"{request.Id:n}@b.example", fails: false));
        Assert.False(await RegisterAsync($"{request.Id:n}@c.example", fails: false));
        request = request with { Id = Guid.NewGuid() };
        Assert.False(await RegisterAsync($"{request.Id:n}@d.example", fails: false));
        Assert.Single(await Queue.ClaimAsync(10));
    }

    [Fact]
    public async Task Jobs_that_are_over_are_kept_for_a_while_and_then_swept()
    {
        await EnqueueManyAsync(5, 0);
        foreach (var job in await Queue.ClaimAsync(4))
        {
            await Queue.CompleteAsync(job);
        }

        Assert.Equal(0, await Queue.SweepAsync(JobStatus.Done, TimeSpan.FromDays(7)));
        _clock.Jump(TimeSpan.FromDays(8));
        Assert.Equal(3, await Queue.SweepAsync(JobStatus.Done, TimeSpan.FromDays(7), 3));
        Assert.Equal(1, await Queue.SweepAsync(JobStatus.Done, TimeSpan.FromDays(7), 3));
        Assert.Equal(0, await Queue.SweepAsync(JobStatus.Dead, TimeSpan.Zero));
        Assert.Single(await Queue.ClaimAsync(10));
        await Assert.ThrowsAsync<ArgumentException>(() => Queue.SweepAsync(JobStatus.Ready, TimeSpan.Zero));
    }

    [Fact]
    public async Task What_is_claimed_is_found_by_its_index_among_many_that_are_done()
    {
        await tier.ScalarAsync<object>(
            $"INSERT INTO jobs (id, queue, kind, priority, status, attempts, max_attempts, created_at, finished_at) SELECT gen_random_uuid(), '{_name}', 'k', 0, 'done', 1, 1, now(), now() FROM generate_series(1, 20000)");
        await tier.ScalarAsync<object>(
            $"INSERT INTO jobs (id, queue, kind, priority, status, due_at, deduplication_key, attempts, max_attempts, created_at) SELECT gen_random_uuid(), '{_name}', 'k', n % 3, 'ready', now(), n, 0, 1, now() FROM generate_series(1, 5000) AS n");
        await tier.ScalarAsync<object>("ANALYZE jobs");
        var plan = await tier.ScalarAsync<string>(
            $"EXPLAIN (FORMAT JSON) SELECT * FROM jobs WHERE queue = '{_name}' AND due_at <= now() ORDER BY priority DESC, due_at LIMIT 10 FOR UPDATE SKIP LOCKED");
        var deduplication = await tier.ScalarAsync<string>(
            $"EXPLAIN (FORMAT JSON) SELECT * FROM jobs WHERE queue = '{_name}' AND deduplication_key = 'd' AND due_at >= '-infinity' LIMIT 1");

        Assert.Contains("jobs_due_idx", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
        Assert.Contains("jobs_deduplication_key", deduplication, StringComparison.Ordinal);
    }

    private async Task WorkAsync(JobQueue queue, Job job, Random random)
    {
        if (job.Payload is { } payload && payload.GetProperty("poisonous").GetBoolean())
        {
            await queue.FailAsync(job, "poisonous");
            return;
        }

        switch (random.Next(12))
        {
            case 0 or 1:
                // The worker is killed, and while it is missed leases end: its own, and those of others who are only late.
                _clock.Jump(Policy.Lease / 2);
                return;
            case 2:
                await queue.FailAsync(job, "not today");
                return;
            case 3:
                job = await queue.RenewAsync(job);
                break;
            case 4:
                // It is killed in the middle of the completion, which may have been committed.
                using (var killed = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.Next(1, 6)), TimeProvider.System))
                {
                    try
                    {
                        await queue.CompleteAsync(job, (unit, token) => Effect.CountAsync(unit, job.Key, token), killed.Token);
                    }
                    catch (OperationCanceledException)
                    {
                    }
                    catch (AmbiguousWriteException)
                    {
                    }
                }

                return;
        }

        await queue.CompleteAsync(job, (unit, token) => Effect.CountAsync(unit, job.Key, token));
    }

    private JobQueue NewQueue(TimeProvider clock) => new(tier.Client.OpenSession(), clock, tier.Home, _name, Policy);

    private async Task EnqueueManyAsync(int jobs, int poisonous)
    {
        await _session.RunUnitOfWorkAsync(
            "jobs",
            async (unit, token) =>
            {
                for (var i = 0; i < jobs; i++)
                {
                    var payload = JsonDocument.Parse(i < poisonous ? """{"poisonous": true}""" : """{"poisonous": false}""").RootElement;
                    await Queue.EnqueueAsync(
                        unit, new JobRequest { Id = Guid.NewGuid(), Kind = "k", Payload = payload, Priority = (short)(i % 3), MaxAttempts = i < poisonous ? 3 : 1_000 }, token);
                }
            },
            territory: tier.Home);
    }

    private async Task<bool> IsOpenAsync() => await tier.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM jobs WHERE queue = '{_name}' AND due_at IS NOT NULL)");

    private async Task<long> CountAsync(string status) => await tier.ScalarAsync<long>($"SELECT count(*) FROM jobs WHERE queue = '{_name}' AND status = '{status}'");

    private async Task<int> EffectsAsync(Job job) => await tier.ScalarAsync<int>($"SELECT coalesce(sum(count), 0)::int FROM effects WHERE id = '{job.Key.Id}'");
}
