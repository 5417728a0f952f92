using System.Data;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>A session that has a directory.</summary>
internal interface IDirectorySource
{
    /// <exception cref="InvalidOperationException">The client's options name no directory.</exception>
    DirectoryScope DirectoryScope { get; }
}

/// <summary>The directory's settings, checked. Immutable.</summary>
/// <param name="Shard">The name of its shard.</param>
/// <param name="Hashes">Hashes names.</param>
/// <param name="ReservationTime">How long a reservation is respected.</param>
internal sealed record DirectorySettings(string Shard, NameHashes Hashes, TimeSpan ReservationTime)
{
    public DirectoryEntryMap Entries { get; } = new(Shard);
}

/// <summary>What the directory works with: repositories and units of work of one session, over entities that applications don't see.</summary>
internal sealed class DirectoryScope(DataTier tier, SessionState session, IEntityRegistrations entities, DirectorySettings settings) : IEntityRegistrations
{
    public static readonly ReadOptions Strong = new() { Consistency = ConsistencyLevel.Strong };

    // What decides must survive what the application's own data survives.
    private static readonly EntityPolicy Policy = EntityPolicy.SessionScoped;

    public DirectorySettings Settings => settings;

    public IRepository<DirectoryEntry, DirectoryEntryKey> Entries => Repository<DirectoryEntry, DirectoryEntryKey>();

    public IRepository<StoredClaim, ClaimKey> Claims => Repository<StoredClaim, ClaimKey>();

    public IRepository<Forwarding, UserKey> Forwardings => Repository<Forwarding, UserKey>();

    public IRepository<Arrival, ArrivalKey> Arrivals => Repository<Arrival, ArrivalKey>();

    public IRepository<User, UserKey> Users => Repository<User, UserKey>();

    public DateTimeOffset Now => Runtime.Time.GetUtcNow();

    private EngineRuntime Runtime => tier.Engines[0].Runtime;

    public Guid NewId() => OperationIds.Next(Runtime);

    public bool Holds(Territory territory) => tier.Directory.Holds(territory);

    public bool ShareDatabase(Territory one, Territory other) => tier.Directory.ShardOf(one) == tier.Directory.ShardOf(other);

    /// <summary>A unit of work in the directory's shard.</summary>
    public Task<WriteResult> InDirectoryAsync(Func<IUnitOfWork, CancellationToken, Task> body, CancellationToken cancellationToken) =>
        RunAsync(tier.Directory.ShardNamed(settings.Shard)!.Value, body, replaySafe: true, cancellationToken);

    /// <summary>A unit of work in the database of a territory.</summary>
    /// <param name="territory">The territory.</param>
    /// <param name="body">What to do.</param>
    /// <param name="replaySafe">Whether the body is our own and does nothing but read and stage.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<WriteResult> InTerritoryAsync(
        Territory territory, Func<IUnitOfWork, CancellationToken, Task> body, bool replaySafe, CancellationToken cancellationToken) =>
        RunAsync(tier.Directory.ShardOf(territory), body, replaySafe, cancellationToken);

    /// <summary>Reads at a territory's primary that show one moment.</summary>
    public Task<WriteResult> SnapshotAsync(Territory territory, Func<IUnitOfWork, CancellationToken, Task> body, TimeSpan? timeout, CancellationToken cancellationToken) =>
        UnitsOfWork.RunAsync(
            new UnitScope(tier, tier.Directory.ShardOf(territory), session, this),
            body,
            new UnitOfWorkOptions { ReplaySafe = true, Isolation = IsolationLevel.RepeatableRead, Timeout = timeout },
            cancellationToken);

    public EntityRegistration<TEntity, TKey> Find<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull
    {
        object? map = typeof(TEntity) == typeof(DirectoryEntry) ? settings.Entries.Map
            : typeof(TEntity) == typeof(StoredClaim) ? StoredClaimMap.Map
            : typeof(TEntity) == typeof(Forwarding) ? ForwardingMap.Map
            : typeof(TEntity) == typeof(Arrival) ? ArrivalMap.Map
            : typeof(TEntity) == typeof(ArrivedUser) ? ArrivedUserMap.Map
            : null;
        return map is EntityMap<TEntity, TKey> own ? new EntityRegistration<TEntity, TKey>(own, Policy) : entities.Find<TEntity, TKey>();
    }

    private EntityRepository<TEntity, TKey> Repository<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull => new(tier, Find<TEntity, TKey>(), session);

    private Task<WriteResult> RunAsync(int shard, Func<IUnitOfWork, CancellationToken, Task> body, bool replaySafe, CancellationToken cancellationToken) =>
        UnitsOfWork.RunAsync(new UnitScope(tier, shard, session, this), body, new UnitOfWorkOptions { ReplaySafe = replaySafe }, cancellationToken);
}
