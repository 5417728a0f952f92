using System.Globalization;
using WebsiteBuilder.Data.Clusters;
using WebsiteBuilder.Data.Conformance.Clusters;

namespace WebsiteBuilder.Data.Conformance.Domain;

/// <summary>One shard with a replica, the schema, all entities, and a table that counts what jobs did. All as the application role. Tests use rows of their own.</summary>
public sealed class DomainTier : IAsyncLifetime
{
    public const string Collection = "domain tier";

    public static readonly DateTimeOffset Noon = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private LocalCluster? _cluster;
    private DataClient? _client;

    public Territory Home { get; private set; }

    public DataClient Client => _client!;

    public LocalNode Primary => _cluster!.Clusters[0].Primary;

    public async Task InitializeAsync()
    {
        _cluster = await LocalCluster.StartAsync(
            ClusterTopology.Create(static topology => topology.Cluster("home", "us-east-1", ["us-west-2"])),
            new LocalClusterOptions { InstallMissingServers = true, LatencyScale = 0 });
        var options = _cluster.CreateDataOptions(RegionId.Parse("us-east-1"));
        options.DefaultTimeout = TimeSpan.FromSeconds(60);
        foreach (var endpoint in options.Shards[0].Endpoints)
        {
            endpoint.MaxPoolSize = 32;
        }

        await DataClient.MigrateAsync(options);
        await Sql.ExecuteAsync(Primary.DirectConnectionString(), Effect.CreateTable);
        Home = Territory.Parse(options.Shards[0].Territories[0]);
        _client = DataClient.Create(options, static entities => entities.AddWebsiteBuilder().Add(Effect.Map));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
        await _client.WaitUntilReadyAsync(patience.Token);
    }

    public async Task DisposeAsync()
    {
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    public Task<T?> ScalarAsync<T>(string sql) => Sql.ScalarAsync<T>(Primary.DirectConnectionString(), sql);

    /// <summary>A stored user of a test's own.</summary>
    public async Task<User> NewUserAsync(IDataSession session)
    {
        var key = new UserKey(Home, Guid.NewGuid());
        var user = new User { Key = key, Email = $"{key.Id:n}@example.org", CreatedAt = Noon, UpdatedAt = Noon };
        await session.Repository<User, UserKey>().InsertAsync(user);
        return user;
    }

    /// <summary>A stored project of a test's own, with its owner.</summary>
    public async Task<Project> NewProjectAsync(IDataSession session)
    {
        var owner = await NewUserAsync(session);
        var project = new Project { Key = new ProjectKey(Home, Guid.NewGuid()), OwnerId = owner.Key.Id, Name = "p", Slug = "p", CreatedAt = Noon, UpdatedAt = Noon };
        await session.Repository<Project, ProjectKey>().InsertAsync(project);
        return project;
    }

    /// <summary>A stored stock level of a test's own.</summary>
    public async Task<InventoryKey> NewStockAsync(IDataSession session, long onHand)
    {
        var key = new InventoryKey(Home, Guid.NewGuid().ToString("n", CultureInfo.InvariantCulture));
        await session.Repository<InventoryLevel, InventoryKey>().InsertAsync(new InventoryLevel { Key = key, OnHand = onHand, UpdatedAt = Noon });
        return key;
    }
}

/// <summary>Binds the name to the fixture.</summary>
[CollectionDefinition(DomainTier.Collection)]
public sealed class DomainTierDefinition : ICollectionFixture<DomainTier>;

/// <summary>How often something was done.</summary>
public sealed record Effect(Guid Id, Territory Territory, int Count)
{
    public const string CreateTable = "CREATE TABLE effects (id uuid PRIMARY KEY, count int NOT NULL, version bigint NOT NULL DEFAULT 1)";

    public static EntityMap<Effect, JobKey> Map { get; } = EntityMap.Create<Effect, JobKey>("effects", static effect => new JobKey(effect.Territory, effect.Id), static map =>
    {
        map.Territory(static key => key.Territory);
        var id = map.Key("id", static effect => effect.Id, static key => key.Id);
        var count = map.Column("count", static effect => effect.Count);
        map.Version("version", static _ => 0);
        return row => new Effect(row.Get(id), row.Territory, row.Get(count));
    });

    /// <summary>Counts one more time that a job was done.</summary>
    public static async Task CountAsync(IUnitOfWork unit, JobKey key, CancellationToken cancellationToken)
    {
        var effects = unit.Repository<Effect, JobKey>();
        var found = await effects.FindAsync(key, RowLock.Update, cancellationToken);
        effects.Upsert(new Effect(key.Id, key.Territory, (found?.Count ?? 0) + 1));
    }
}

/// <summary>The system's clock, moved forward by hand.</summary>
public sealed class JumpingClock : TimeProvider
{
    private long _ahead;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _ahead));

    public void Jump(TimeSpan span) => Interlocked.Add(ref _ahead, span.Ticks);

    /// <summary>The same clock as somebody sees it whose own differs.</summary>
    public TimeProvider Skewed(TimeSpan by) => new SkewedClock(this, by);

    private sealed class SkewedClock(TimeProvider clock, TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow() + by;
    }
}
