using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data.Conformance.Directories;

/// <summary>Three databases: the directory, with a replica where the other clients are, and two territories.</summary>
public sealed class DirectoryTier : IAsyncLifetime
{
    public const string Collection = "directory";
    public const string Secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    public const string NewSecret = "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
    public static readonly TimeSpan ShortReservation = TimeSpan.FromMilliseconds(100);

    private static readonly DateTimeOffset Noon = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private readonly List<DataClient> _clients = [];

    public static Territory America { get; } = Territory.Parse("americas");

    public static Territory Europe { get; } = Territory.Parse("emea");

    public static Territory Global { get; } = Territory.Parse("global");

    public LocalCluster Local { get; private set; } = null!;

    /// <summary>A client in each region, whose reservations last.</summary>
    public DataClient East { get; private set; } = null!;

    public DataClient West { get; private set; } = null!;

    /// <summary>A client whose reservations are soon over, and who thinks so of those of others.</summary>
    public DataClient Hasty { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Local = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology
                .Cluster("global", "us-east-1", ["eu-west-1"])
                .Cluster("americas", "us-east-1", ["eu-west-1"])
                .Cluster("emea", "eu-west-1")),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });
        await DataClient.MigrateAsync(Options("us-east-1"));
        East = await ClientAsync("us-east-1");
        West = await ClientAsync("eu-west-1");
        Hasty = await ClientAsync("eu-west-1", static options => options.Directory.ReservationTime = ShortReservation);
    }

    public async Task<DataClient> ClientAsync(string region, Action<DataOptions>? change = null)
    {
        var options = Options(region);
        change?.Invoke(options);
        var client = DataClient.Create(options, static entities => entities.Add(UserMap.Map, UserMap.Policy));
        _clients.Add(client);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await client.WaitUntilReadyAsync(patience.Token);
        return client;
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await Local.DisposeAsync();
    }

    public LocalNode Primary(Territory territory) => Local[territory.ToString()].Primary;

    internal static DirectoryScope Scope(IDataSession session) => ((IDirectorySource)session).DirectoryScope;

    internal static User NewUser(Territory territory, string? email = null, string? username = null)
    {
        var id = Guid.NewGuid();
        return new User
        {
            Key = new UserKey(territory, id),
            Email = email ?? $"{id:n}@example.org",
            Username = username,
            CreatedAt = Noon,
            UpdatedAt = Noon,
        };
    }

    private DataOptions Options(string region)
    {
        var options = Local.CreateDataOptions(RegionId.Parse(region));
        options.Health.RecheckInterval = TimeSpan.FromMilliseconds(100);
        options.DefaultTimeout = TimeSpan.FromSeconds(30);
        options.Directory.Shard = "global";
        options.Directory.Keys[1] = Secret;
        return options;
    }
}

/// <summary>Binds the name to the fixture.</summary>
[CollectionDefinition(DirectoryTier.Collection)]
public sealed class DirectoryTierDefinition : ICollectionFixture<DirectoryTier>;
