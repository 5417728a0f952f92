using System.Collections.Concurrent;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;
using WebsiteBuilder.Data.Conformance.Live;
using WebsiteBuilder.Data.Conformance.Poolers;

namespace WebsiteBuilder.Data.Conformance.Failover;

/// <summary>A cluster of one shard whose commits wait for any k of the other nodes, and coordinators of it.</summary>
internal sealed class CoordinatedTier : IAsyncDisposable
{
    private readonly List<FailoverCoordinator> _coordinators = [];

    private CoordinatedTier(LiveTier tier, int required)
    {
        Tier = tier;
        Required = required;
    }

    public LiveTier Tier { get; }

    public int Required { get; }

    public PostgresCluster Shard => Tier.Shard;

    public LocalNode First => Shard.Nodes[0];

    public IEnumerable<LocalNode> Standbys => Shard.Nodes.Skip(1);

    public static async Task<CoordinatedTier> StartAsync(int required, params string[] standbys)
    {
        var tier = await LiveTier.StartAsync("eu-west-1", standbys);
        try
        {
            await tier.Shard.GrantCoordinatorAsync();
            await tier.Primary.SetSynchronousStandbysAsync(
                $"ANY {required} ({string.Join(", ", tier.Shard.Replicas.Select(static node => node.ApplicationName))})");

            // A history has a name once a client has met it.
            await using var first = await tier.ClientAsync("eu-west-1");
            return new CoordinatedTier(tier, required);
        }
        catch
        {
            await tier.DisposeAsync();
            throw;
        }
    }

    /// <summary>A coordinator in the first region that runs, and its audit log.</summary>
    public (FailoverCoordinator Coordinator, Audit Audit) Coordinate(Action<FailoverOptions>? change = null, INodeMetrics? metrics = null, bool start = true)
    {
        var region = RegionId.Parse("us-east-1");
        var options = Tier.Local.CreateFailoverOptions(region, Shard.Name, Required);
        change?.Invoke(options);
        var audit = new Audit();
        var coordinator = FailoverCoordinator.Create(Tier.Local.CreateDataOptions(region), options, Tier.Local.Operator, metrics, audit, audit.Log);
        _coordinators.Add(coordinator);
        if (start)
        {
            coordinator.Start();
        }

        return (coordinator, audit);
    }

    public static Task<bool> IsStandbyAsync(LocalNode node) => Sql.ScalarAsync<bool>(node.AdminConnectionString(), "SELECT pg_is_in_recovery()");

    public async Task<LocalNode> PrimaryAmongAsync(IEnumerable<LocalNode> nodes)
    {
        foreach (var node in nodes)
        {
            if (!await IsStandbyAsync(node))
            {
                return node;
            }
        }

        throw new InvalidOperationException("None is a primary.");
    }

    /// <summary>Whether so many standbys stream from a node.</summary>
    public static Task<bool> HasFollowersAsync(LocalNode primary, int count) =>
        Sql.ScalarAsync<bool>(primary.AdminConnectionString(), $"SELECT count(*) = {count} FROM pg_stat_replication WHERE state = 'streaming'");

    public static Task<string?> SettingAsync(LocalNode node, string setting) =>
        Sql.ScalarAsync<string>(node.AdminConnectionString(), $"SELECT current_setting('{setting}')");

    public async ValueTask DisposeAsync()
    {
        foreach (var coordinator in _coordinators)
        {
            await coordinator.DisposeAsync();
        }

        await Tier.DisposeAsync();
    }
}

/// <summary>What a coordinator said.</summary>
internal sealed class Audit : IProgress<FailoverRecord>
{
    private readonly ConcurrentQueue<FailoverRecord> _records = new();

    /// <summary>What the coordinator logged, errors that it goes on after included.</summary>
    public ListLogger Log { get; } = new();

    public IReadOnlyList<FailoverRecord> Records => [.. _records];

    public void Report(FailoverRecord value) => _records.Enqueue(value);

    public IReadOnlyList<FailoverRecord> Of(FailoverStep step) => [.. _records.Where(record => record.Step == step)];

    public bool Has(FailoverRefusal refusal) => _records.Any(record => record.Refusal == refusal);

    /// <summary>Waits for a step, and shows everything if it doesn't come.</summary>
    public async Task<FailoverRecord> WaitForAsync(FailoverStep step, int seconds = 30)
    {
        var limit = TimeProvider.System.GetTimestamp();
        await Eventually.TrueAsync(
            () => Of(step).Count > 0 || TimeProvider.System.GetElapsedTime(limit) > TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(seconds + 5), $"{step} is audited");
        return Of(step) is [var first, ..] ? first : throw new InvalidOperationException($"{step} isn't audited, but {this}");
    }

    public override string ToString() =>
        string.Join("; ", _records.Select(static record => $"{record.Step} {record.Node} {record.Refusal} {record.Detail}"))
        + string.Concat(Log.Lines.Where(static line => line.Contains("unexpectedly", StringComparison.Ordinal)).Distinct());
}
