using System.Diagnostics;
using WebsiteBuilder.Data.Benchmarks.Measuring;
using WebsiteBuilder.Data.Clusters;

namespace WebsiteBuilder.Data.Benchmarks.Latency;

/// <summary>The reference topology with the published distances, and a client in each of three regions that are far from their primaries.</summary>
internal sealed class World : IAsyncDisposable
{
    private const int UsersOfEach = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly (string Territory, string Region)[] Places = [("americas", "sa-east-1"), ("apac", "ap-northeast-1"), ("emea", "eu-central-1")];
    private readonly LocalCluster _cluster;

    private World(LocalCluster cluster) => _cluster = cluster;

    public List<Place> Sites { get; } = [];

    public static async Task<World> StartAsync(Action<string> progress, CancellationToken cancellationToken)
    {
        var cluster = await LocalCluster.StartAsync(
            ClusterTopology.Seeds, new LocalClusterOptions { InstallMissingServers = true, Progress = progress }, cancellationToken);
        var world = new World(cluster);
        try
        {
            progress("Migrate, and open a client in each region");
            await DataClient.MigrateAsync(Settings(cluster, node => node.DirectConnectionString(), RegionId.Parse("us-east-1")), cancellationToken: cancellationToken);
            foreach (var (territory, name) in Places)
            {
                var region = RegionId.Parse(name);
                var client = DataClient.Create(
                    Settings(cluster, node => node.ConnectionString(region), region), static entities => entities.Add(UserMap.Map, UserMap.Policy));
                var place = new Place(client, Territory.Parse(territory), cluster[territory].Primary.Region);
                world.Sites.Add(place);
                await place.SettleAsync(UsersOfEach, Patience, cancellationToken);
            }

            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Sites.Select(static place => place.Client.DisposeAsync().AsTask()));
        await _cluster.DisposeAsync();
    }

    private static DataOptions Settings(LocalCluster cluster, Func<LocalNode, string> connect, RegionId region)
    {
        // eu-west-3 is only 9 ms from eu-central-1 and would take its share of the reads with the usual window.
        var options = new DataOptions { LocalRegion = region.ToString(), Routing = { LatencyWindow = TimeSpan.FromMilliseconds(5) } };
        foreach (var (number, home) in cluster.Clusters.Index())
        {
            var shard = new ShardOptions { Number = number, Name = home.Name, Territories = { home.Name } };
            foreach (var node in home.Nodes)
            {
                // Sixty sessions at a primary far away need a connection each.
                shard.Endpoints.Add(new EndpointOptions { Name = node.Name, Region = node.Region.ToString(), ConnectionString = connect(node), MaxPoolSize = 64 });
            }

            options.Shards.Add(shard);
        }

        return options;
    }
}

/// <summary>A client in its region, and users whose primary is elsewhere.</summary>
internal sealed class Place(DataClient client, Territory territory, RegionId primary)
{
    private UserKey[] _keys = [];

    public DataClient Client { get; } = client;

    public RegionId Region => Client.LocalRegion;

    public TimeSpan Distance => WanLatency.Between(Region, primary).Average;

    /// <summary>Waits until all nodes are known, and inserts the users.</summary>
    public async Task SettleAsync(int users, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        await Client.WaitUntilReadyAsync(limit.Token);
        while (Client.Topology.Shards.SelectMany(static shard => shard.Endpoints).Any(static endpoint => endpoint.Health != EndpointHealth.Healthy))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }

        _keys = [.. Enumerable.Range(0, users).Select(i => new UserKey(territory, new Guid(i, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)))];
        var repository = Client.OpenSession().Repository<User, UserKey>();
        await Task.WhenAll(_keys.Select(key => repository.UpsertAsync(UserOf(key), cancellationToken: limit.Token)));
    }

    /// <summary>
    /// Sessions at work until they are told to go home: each thinks, then reads a user at the level, or, one time in ten, writes one and reads
    /// it back. They begin spread over the time they think.
    /// </summary>
    public Task WorkAsync(int sessions, TimeSpan think, ConsistencyLevel level, Cell reads, Cell writes, CancellationToken goHome) =>
        Task.WhenAll(Enumerable.Range(0, sessions).Select(seed => SessionAsync(new Random(Seeds.Of(seed)), think, level, reads, writes, goHome)));

    private async Task SessionAsync(Random random, TimeSpan think, ConsistencyLevel level, Cell reads, Cell writes, CancellationToken goHome)
    {
        var users = Client.OpenSession().Repository<User, UserKey>();
        var options = new ReadOptions { Consistency = level };
        await Task.Delay(think * random.NextDouble(), CancellationToken.None);
        while (!goHome.IsCancellationRequested)
        {
            var key = _keys[random.Next(_keys.Length)];
            if (random.NextDouble() < 0.1)
            {
                var writeStartedAt = Stopwatch.GetTimestamp();
                var written = await users.UpdateAsync(UserOf(key), cancellationToken: CancellationToken.None);
                writes.Add(Stopwatch.GetElapsedTime(writeStartedAt), written.Region == Region);
            }

            var startedAt = Stopwatch.GetTimestamp();
            var read = await users.FindAsync(key, options, CancellationToken.None);
            reads.Add(Stopwatch.GetElapsedTime(startedAt), read.Region == Region);
            await Task.Delay(think, CancellationToken.None);
        }
    }

    private static User UserOf(UserKey key) => new()
    {
        Key = key,
        Email = $"{key.Id:n}@example.test",
        CreatedAt = DateTimeOffset.UnixEpoch,
        UpdatedAt = DateTimeOffset.UnixEpoch,
    };
}
