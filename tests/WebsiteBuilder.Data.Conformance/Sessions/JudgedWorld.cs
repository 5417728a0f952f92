using Npgsql;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>
/// A cluster with a primary and three replicas in as many regions, the table of <see cref="JudgedMap"/>, and three client processes far
/// from each other, which connect as the application does.
/// </summary>
public class JudgedWorld : IAsyncLifetime
{
    /// <summary>The name for <see cref="CollectionAttribute"/>.</summary>
    public const string Collection = "judged world";

    /// <summary>Published distances, a third of them, so that a run is short and a trip still costs more than the machine's own work.</summary>
    public const double LatencyScale = 0.3;

    public const int Keys = 50;

    private static readonly string[] Regions = ["us-east-1", "us-west-2", "sa-east-1"];

    protected virtual ConnectionPooler Pooler => ConnectionPooler.None;

    public ArrivalClock Clock { get; } = new();

    public LocalCluster Local { get; private set; } = null!;

    public PostgresCluster Americas => Local["americas"];

    public LocalNode Primary => Americas.Primary;

    public IReadOnlyList<LocalNode> Replicas => [.. Americas.Replicas];

    /// <summary>The processes, in Virginia, Oregon and São Paulo.</summary>
    public IReadOnlyList<DataClient> Clients { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Local = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("americas", primary: "us-east-1", replicas: Regions)),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = LatencyScale, Pooler = Pooler });
        await DataClient.MigrateAsync(Options("us-east-1"));
        await Sql.ExecuteAsync(Primary.DirectConnectionString(), JudgedMap.Schema);
        await CaughtUpAsync();
        Clients = [.. Regions.Select(Connect)];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20), TimeProvider.System);
        foreach (var client in Clients)
        {
            await client.WaitUntilReadyAsync(patience.Token);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var client in Clients)
        {
            await client.DisposeAsync();
        }

        if (Local is not null)
        {
            await Local.DisposeAsync();
        }
    }

    /// <summary>Makes another process.</summary>
    public DataClient Connect(string region) => DataClient.Create(Options(region), static entities => entities.Add(JudgedMap.Map), time: Clock);

    public static LocalNode In(string region, IEnumerable<LocalNode> nodes) => nodes.Single(node => node.Region == RegionId.Parse(region));

    /// <summary>Puts the same rows at the beginning of every run, known to all replicas.</summary>
    public async Task ResetAsync()
    {
        await Sql.ExecuteAsync(
            Primary.DirectConnectionString(),
            $"""
             TRUNCATE judged;
             INSERT INTO judged SELECT id, 0, 1 FROM generate_series(0, {Keys - 1}) AS id;
             TRUNCATE judged_log RESTART IDENTITY
             """);
        await CaughtUpAsync();
    }

    public async Task CaughtUpAsync()
    {
        foreach (var replica in Replicas)
        {
            await Eventually.TrueAsync(
                () => Sql.HasCaughtUpAsync(Primary.DirectConnectionString(), replica.DirectConnectionString()),
                TimeSpan.FromSeconds(20),
                $"{replica.Name} has caught up");
        }
    }

    /// <summary>Waits until a replica answers, well before the next regular probe of its client, half a minute later by default.</summary>
    public static Task ServesAsync(LocalNode replica, IRepository<Judged, long> rows, ReadOptions options) => Eventually.TrueAsync(
        async () => (await rows.FindAsync(1, options)).Endpoint == replica.Name, TimeSpan.FromSeconds(5), $"{replica.Name} serves");

    /// <summary>What really happened, in the order of the primary: key, value (null for a delete), and when on the server's clock.</summary>
    public async Task<IReadOnlyList<(int Key, long? Value, DateTimeOffset At)>> LogAsync()
    {
        await using var connection = await Sql.OpenAsync(Primary.DirectConnectionString());
        await using var command = new NpgsqlCommand("SELECT id, value, at FROM judged_log ORDER BY seq", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var log = new List<(int, long?, DateTimeOffset)>();
        while (await reader.ReadAsync())
        {
            log.Add(((int)reader.GetInt64(0), await reader.IsDBNullAsync(1) ? null : reader.GetInt64(1), await reader.GetFieldValueAsync<DateTimeOffset>(2)));
        }

        return log;
    }

    private DataOptions Options(string region)
    {
        var options = Local.CreateDataOptions(RegionId.Parse(region));
        options.Routing.LatencyWindow = TimeSpan.FromMilliseconds(15 * LatencyScale);
        return options;
    }
}

/// <summary>Binds the name to the fixture.</summary>
[CollectionDefinition(JudgedWorld.Collection)]
public sealed class JudgedWorldDefinition : ICollectionFixture<JudgedWorld>;
