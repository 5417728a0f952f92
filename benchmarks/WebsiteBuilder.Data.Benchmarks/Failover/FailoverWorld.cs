using Npgsql;
using WebsiteBuilder.Data.Benchmarks.Tier;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Benchmarks.Failover;

/// <summary>A primary and two standbys without distance between them, one of which acknowledges each commit; a coordinator; and two who write.</summary>
internal sealed class FailoverWorld : IAsyncDisposable, IProgress<FailoverRecord>
{
    private const int Warm = 50;
    private const int Rows = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly RegionId Home = RegionId.Parse("us-east-1");

    private readonly LocalCluster _local;
    private DataClient? _client;
    private NpgsqlMultiHostDataSource? _hosts;
    private FailoverCoordinator? _coordinator;
    private long _promotedAt;
    private int _prepared;

    private FailoverWorld(LocalCluster local) => _local = local;

    private PostgresCluster Shard => _local.Clusters[0];

    public static async Task<FailoverWorld> StartAsync(CancellationToken cancellationToken)
    {
        var topology = ClusterTopology.Create(static topology => topology.Cluster("failover", Home.ToString(), [Home.ToString(), Home.ToString()]));
        var world = new FailoverWorld(await LocalCluster.StartAsync(topology, new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 }, cancellationToken));
        try
        {
            await world.PrepareAsync(cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public void Report(FailoverRecord value)
    {
        if (value.Step == FailoverStep.Promoted)
        {
            Volatile.Write(ref _promotedAt, TimeProvider.System.GetTimestamp());
        }

        Interlocked.Add(ref _prepared, value.Step == FailoverStep.Prepared ? 1 : 0);
    }

    /// <summary>One failover, and the way back: the killed one follows its successor.</summary>
    /// <returns>Milliseconds from the end of the primary until the promotion, and until the first write of each.</returns>
    public async Task<(double Promoted, double Ours, double Driver)> KillPrimaryAsync(CancellationToken cancellationToken)
    {
        var notes = _client!.OpenSession().Repository<Item, long>();
        await using var ours = new WriteLoop((id, token) => notes.UpdateAsync(new Item(id % Rows, "name", "body"), cancellationToken: token));
        await using var driver = new WriteLoop(WriteByDriverAsync);
        await UntilAsync(() => ours.Acknowledged > Warm && driver.Acknowledged > Warm, "both write", cancellationToken);
        var primary = Shard.Primary;
        Volatile.Write(ref _promotedAt, 0);
        await primary.KillAsync(cancellationToken);
        var killedAt = TimeProvider.System.GetTimestamp();
        ours.KilledAt(killedAt);
        driver.KilledAt(killedAt);
        await UntilAsync(() => Volatile.Read(ref _promotedAt) > 0 && ours.FirstAt is not null && driver.FirstAt is not null, "both write again", cancellationToken);
        var times = (Since(Volatile.Read(ref _promotedAt)), Since(ours.FirstAt!.Value), Since(driver.FirstAt!.Value));
        await primary.StartAsync(cancellationToken);
        await UntilWholeAsync(cancellationToken);
        return times;

        double Since(long at) => TimeProvider.System.GetElapsedTime(killedAt, at).TotalMilliseconds;
    }

    public async ValueTask DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_hosts is not null)
        {
            await _hosts.DisposeAsync();
        }

        if (_coordinator is not null)
        {
            await _coordinator.DisposeAsync();
        }

        await _local.DisposeAsync();
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        var data = _local.CreateDataOptions(Home);
        data.Health.ProbeInterval = TimeSpan.FromSeconds(1);
        data.Health.RecheckInterval = TimeSpan.FromMilliseconds(200);
        await DataClient.MigrateAsync(data, cancellationToken: cancellationToken);
        await using (var source = NpgsqlDataSource.Create(Shard.Primary.DirectConnectionString()))
        await using (var command = source.CreateCommand(Item.CreateTable))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await Shard.GrantCoordinatorAsync(cancellationToken);
        await Shard.Primary.SetSynchronousStandbysAsync($"ANY 1 ({string.Join(", ", Shard.Replicas.Select(static node => node.ApplicationName))})", cancellationToken);
        _client = DataClient.Create(data, static entities => entities.Add(Item.Map));
        await _client.WaitUntilReadyAsync(cancellationToken);
        _hosts = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder(Shard.Primary.ConnectionString(Home))
        {
            Host = string.Join(',', Shard.Nodes.Select(node => $"127.0.0.1:{new NpgsqlConnectionStringBuilder(node.ConnectionString(Home)).Port}")),
        }.ConnectionString).BuildMultiHost();
        _coordinator = FailoverCoordinator.Create(data, _local.CreateFailoverOptions(Home, Shard.Name, requiredAcknowledgements: 1), _local.Operator, audit: this);
        _coordinator.Start();
        await UntilAsync(() => Volatile.Read(ref _prepared) == Shard.Nodes.Count - 1, "standbys are prepared", cancellationToken);
    }

    private async Task WriteByDriverAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await _hosts!.OpenConnectionAsync(TargetSessionAttributes.Primary, cancellationToken);
        await using var command = new NpgsqlCommand(Item.Update, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = "name" },
                new NpgsqlParameter<string> { TypedValue = "body" },
                new NpgsqlParameter<long> { TypedValue = Rows + (id % Rows) },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private Task UntilWholeAsync(CancellationToken cancellationToken) => UntilAsync(
        () => _client!.Topology.Shards[0] is { State: ShardState.Writable } shard
            && shard.Endpoints.All(static endpoint => endpoint is { Health: EndpointHealth.Healthy, Role: EndpointRole.Primary or EndpointRole.Replica })
            && Shard.Nodes.All(static node => node.IsRunning),
        "all are well again",
        cancellationToken);

    private static async Task UntilAsync(Func<bool> condition, string what, CancellationToken cancellationToken)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
            {
                throw new TimeoutException($"Waited {Patience.TotalSeconds} s in vain until {what}.");
            }

            await Task.Delay(Look, cancellationToken);
        }
    }
}
