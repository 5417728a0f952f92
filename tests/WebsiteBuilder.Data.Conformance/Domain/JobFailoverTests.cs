using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>The job queue while its primary is lost and another one takes over.</summary>
public sealed class JobFailoverTests
{
    private const int Jobs = 200;

    [Fact]
    public async Task Each_job_is_done_once_though_the_primary_is_killed_in_the_middle_and_a_synchronous_standby_promoted()
    {
        await using var cluster = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("home", "us-east-1", ["us-west-2"])),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });
        var (primary, standby) = (cluster.Clusters[0].Primary, cluster.Clusters[0].Replicas.Single());
        var options = cluster.CreateDataOptions(RegionId.Parse("us-east-1"));
        options.Health.ProbeInterval = TimeSpan.FromMilliseconds(200);
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
        options.Health.ProbeTimeout = TimeSpan.FromSeconds(2);
        options.DefaultTimeout = TimeSpan.FromSeconds(20);
        await DataClient.MigrateAsync(options);
        await Sql.ExecuteAsync(primary.DirectConnectionString(), Effect.CreateTable);
        await primary.SetSynchronousStandbysAsync("ANY 1 (*)");
        await using var client = DataClient.Create(options, static entities => entities.AddWebsiteBuilder().Add(Effect.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        var (clock, home) = (new JumpingClock(), Territory.Parse(options.Shards[0].Territories[0]));
        JobQueue NewQueue() => new(client.OpenSession(), clock, home, "q", new JobPolicy { FirstDelay = TimeSpan.Zero, MaxDelay = TimeSpan.Zero, MaxAttempts = 1_000 });
        await Task.WhenAll(Enumerable.Range(0, Jobs).Select(_ => NewQueue().EnqueueAsync(new JobRequest { Id = Guid.NewGuid(), Kind = "k" })));
        var (completed, done) = (0, 0);

        var workers = Enumerable.Range(0, 4).Select(async _ =>
        {
            var queue = NewQueue();
            while (Volatile.Read(ref done) < Jobs)
            {
                try
                {
                    var claimed = await queue.ClaimAsync(3);
                    if (claimed.Count == 0)
                    {
                        clock.Jump(TimeSpan.FromSeconds(15));
                        var over = await client.OpenSession().Repository<Job, JobKey>()
                            .QueryAsync(Query.All<Job>().In(home).Where(JobMap.Status, JobStatus.Done).Take(Jobs), new ReadOptions { Consistency = ConsistencyLevel.Strong })
                            .CountAsync();
                        Volatile.Write(ref done, over);
                    }

                    foreach (var job in claimed)
                    {
                        await queue.CompleteAsync(job, (unit, token) => Effect.CountAsync(unit, job.Key, token));
                        Interlocked.Increment(ref completed);
                    }
                }
                catch (DataTierException)
                {
                    // Whatever it was, the lease ends and somebody takes the job again. Often nothing is thrown: lost answers are resolved.
                }
            }
        }).ToArray();
        await Eventually.TrueAsync(() => Volatile.Read(ref completed) > Jobs / 4, TimeSpan.FromSeconds(60), "a quarter is done");
        await primary.KillAsync();
        var completedBefore = Volatile.Read(ref completed);
        await standby.PromoteAsync();
        await Task.WhenAll(workers).WaitAsync(TimeSpan.FromMinutes(3), TimeProvider.System);

        Assert.Equal(Jobs, await Sql.ScalarAsync<long>(standby.DirectConnectionString(), "SELECT count(*) FROM jobs JOIN effects USING (id) WHERE status = 'done' AND count = 1"));
        Assert.Equal(Jobs, await Sql.ScalarAsync<long>(standby.DirectConnectionString(), "SELECT count(*) FROM effects"));
        Assert.True(completedBefore < Jobs, "the primary was killed too late");
    }
}
