using Npgsql;

namespace WebsiteBuilder.Data.Clusters;

/// <summary>Lets a region go under load, watches what becomes of its shards, and brings it back.</summary>
internal sealed class LocalDrill(LocalCluster local, RegionId from, RegionId region, TimeSpan stepTimeout)
{
    /// <summary>How long the load runs before the region goes, and on after it is seen what became of it.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMilliseconds(500);

    /// <summary>How long to wait for what nobody has foretold.</summary>
    private static readonly TimeSpan Unforetold = TimeSpan.FromSeconds(3);

    private readonly List<FailoverCoordinator> _coordinators = [];

    public async Task<DrillOutcome> RunAsync(TimeSpan? watch, IReadOnlyCollection<SessionToken>? sessions, CancellationToken cancellationToken)
    {
        var data = local.CreateDataOptions(from);
        var failovers = await FailoversAsync(cancellationToken).ConfigureAwait(false);
        foreach (var cluster in local.Clusters)
            await DrillMarkers.CreateAsync(cluster, cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ShardRun[] runs = [.. local.Clusters.Select(static cluster => new ShardRun(cluster, new DrillMarkers(cluster, "local", 0), new DrillMarkers(cluster, "remote_apply", 1)))];
        var writing = Task.WhenAll(runs.SelectMany(run => new[] { run.Local.RunAsync(stop.Token), run.Confirmed.RunAsync(stop.Token) }));
        try
        {
            foreach (var failover in failovers)
            {
                var coordinator = FailoverCoordinator.Create(data, failover, local.Operator);
                _coordinators.Add(coordinator);
                coordinator.Start();
            }

            var drill = DataDrill.Create(data, failovers);
            await using (drill.ConfigureAwait(false))
            {
                await Task.Delay(Steady, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                var foretold = await drill.PredictAsync(region, watch, sessions, cancellationToken).ConfigureAwait(false);
                var killedAt = TimeProvider.System.GetTimestamp();
                LocalNode[] victims = [.. local.Nodes.Where(node => node.Region == region && node.IsRunning)];
                await Task.WhenAll(victims.Select(node => node.KillAsync(cancellationToken))).ConfigureAwait(false);
                await Task.WhenAll(runs.Zip(foretold.Shards, (run, shard) => WaitAsync(run, shard, killedAt, cancellationToken))).ConfigureAwait(false);
                await Task.Delay(Steady, TimeProvider.System, cancellationToken).ConfigureAwait(false);
                await StopAsync(stop, writing).ConfigureAwait(false);
                await Task.WhenAll(victims.Select(node => node.StartAsync(cancellationToken))).ConfigureAwait(false);
                var outcomes = await Task.WhenAll(runs.Select(run => JudgeAsync(run, killedAt, cancellationToken))).ConfigureAwait(false);
                foreach (var cluster in local.Clusters)
                    await DrillMarkers.DropAsync(cluster, cancellationToken).ConfigureAwait(false);
                return new DrillOutcome(foretold, outcomes);
            }
        }
        finally
        {
            await StopAsync(stop, writing).ConfigureAwait(false);
            foreach (var coordinator in _coordinators)
                await coordinator.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task StopAsync(CancellationTokenSource stop, Task writing)
    {
        await stop.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Settings for clusters whose commits wait for standbys; the others have nobody who promotes.</summary>
    private async Task<List<FailoverOptions>> FailoversAsync(CancellationToken cancellationToken)
    {
        var failovers = new List<FailoverOptions>();
        foreach (var cluster in local.Clusters)
        {
            var connection = await cluster.Primary.OpenAdminAsync(Credentials.Database, cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                var rule = await connection.ReadAsync("SELECT coalesce(substring(current_setting('synchronous_standby_names') FROM 'ANY (\\d+)'), '0')", cancellationToken).ConfigureAwait(false);
                if (int.Parse(rule, System.Globalization.CultureInfo.InvariantCulture) is > 0 and var required)
                    failovers.Add(local.CreateFailoverOptions(from, cluster.Name, required));
            }
        }

        return failovers;
    }

    /// <summary>Until what was foretold has come, or hasn't in time.</summary>
    private Task WaitAsync(ShardRun run, ShardDrill foretold, long killedAt, CancellationToken cancellationToken)
    {
        var limit = foretold.RecoveryTimeAtMost is { } most && foretold.ConfirmsAfterwards ? most + Unforetold : Unforetold;
        return Poll.UntilAsync(
            () => (run.Local.Acknowledged.Any(mark => mark.At > killedAt && mark.Node.Region != region) && run.Confirmed.Acknowledged.Any(mark => mark.At > killedAt && mark.Node.Region != region))
                || TimeProvider.System.GetElapsedTime(killedAt) > limit,
            $"{run.Cluster} has gone on, or hasn't",
            limit + stepTimeout,
            static () => "",
            cancellationToken);
    }

    private async Task<ShardDrillOutcome> JudgeAsync(ShardRun run, long killedAt, CancellationToken cancellationToken)
    {
        var primary = await WholeAsync(run.Cluster, cancellationToken).ConfigureAwait(false);
        var kept = await DrillMarkers.ReadAsync(primary, cancellationToken).ConfigureAwait(false);
        var lost = run.Local.Acknowledged.Where(mark => !kept.Contains(mark.Id)).ToArray();
        return new ShardDrillOutcome(run.Cluster.Name)
        {
            Promoted = primary == run.First ? null : primary.Name,
            RecoveryTime = After(run.Local),
            ConfirmedAfter = After(run.Confirmed),
            LostLocal = lost.Length,
            RecoveryPoint = lost.Length == 0 ? TimeSpan.Zero : Elapsed(lost.Min(static mark => mark.At), killedAt),
            LostConfirmed = run.Confirmed.Acknowledged.Count(mark => !kept.Contains(mark.Id)),
            Acknowledged = run.Local.Acknowledged.Count + run.Confirmed.Acknowledged.Count,
        };

        // What is acknowledged by a node of the region after its end was on its way before.
        TimeSpan? After(DrillMarkers markers) => markers.Acknowledged.Where(mark => mark.At > killedAt && mark.Node.Region != region).Select(mark => (TimeSpan?)Elapsed(killedAt, mark.At)).FirstOrDefault();

        static TimeSpan Elapsed(long start, long end) => TimeProvider.System.GetElapsedTime(start, end) is var span && span > TimeSpan.Zero ? span : TimeSpan.Zero;
    }

    /// <summary>Waits until all nodes follow one primary, and names it.</summary>
    private async Task<LocalNode> WholeAsync(PostgresCluster cluster, CancellationToken cancellationToken)
    {
        LocalNode? primary = null;
        await Poll.UntilAsync(
            async token =>
            {
                foreach (var node in cluster.Nodes)
                {
                    if (await HasAllAsync(node, token).ConfigureAwait(false))
                    {
                        primary = node;
                        return true;
                    }
                }

                return false;
            },
            $"{cluster} is whole again",
            stepTimeout,
            static () => "",
            cancellationToken).ConfigureAwait(false);
        return cluster.Primary = primary!;
    }

    /// <summary>Whether all others stream from a node. One that is being rewound answers nobody.</summary>
    private static async Task<bool> HasAllAsync(LocalNode node, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await node.OpenAdminAsync(Credentials.Database, cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await connection.AskAsync(
                    $"SELECT NOT pg_is_in_recovery() AND (SELECT count(*) = {node.Cluster.Nodes.Count - 1} FROM pg_stat_replication WHERE state = 'streaming')", cancellationToken).ConfigureAwait(false);
            }
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private sealed record ShardRun(PostgresCluster Cluster, DrillMarkers Local, DrillMarkers Confirmed)
    {
        public LocalNode First { get; } = Cluster.Primary;
    }
}
