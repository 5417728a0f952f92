using System.Data.Common;
using WebsiteBuilder.Data.Connections;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Repositories;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Client;

/// <summary>A session: its state, and repositories and data sources that ride on it.</summary>
internal sealed class DataSession(DataTier tier, EntityRegistry entities, SessionState state, TokenKeys keys, DirectorySettings? directory) : IDataSession, IDirectorySource, ISessionOwner
{
    SessionState ISessionOwner.State => state;

    public SessionToken Token => state.Token;

    public DirectoryScope DirectoryScope => directory is null
        ? throw new InvalidOperationException("There is no directory; set Directory:Shard and Directory:Keys in the client's options.")
        : new DirectoryScope(tier, state, entities, directory);

    public void Merge(SessionToken other) => state.Merge(keys.Admit(other));

    public IRepository<TEntity, TKey> Repository<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull =>
        new EntityRepository<TEntity, TKey>(tier, ((IEntityRegistrations)entities).Find<TEntity, TKey>(), state);

    public Task<WriteResult> RunUnitOfWorkAsync(
        string dataSet,
        Func<IUnitOfWork, CancellationToken, Task> body,
        UnitOfWorkOptions? options = null,
        Territory territory = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        var (shard, _) = DataSets.Resolve(dataSet, territory, entities, tier);
        return UnitsOfWork.RunAsync(new UnitScope(tier, shard, state, entities), body, options ?? new UnitOfWorkOptions(), cancellationToken);
    }

    public DbDataSource CreateDataSource(
        string dataSet, OperationIntent intent, ReadOptions? options = null, Territory territory = default, WriteOptions? writeOptions = null)
    {
        var (shard, policy) = DataSets.Resolve(dataSet, territory, entities, tier);
        var engine = tier.Engines[shard];
        if (!engine.Has<ISqlStore>())
        {
            throw new NotSupportedException("The shard's store has no SQL connections; use repositories.");
        }

        return new RoutedDataSource(intent switch
        {
            OperationIntent.Read => new SqlScope(engine, state, dataSet, ReadIntentOf(options, writeOptions, policy), null),
            OperationIntent.Write => WriteScope(engine, dataSet, options, writeOptions, policy),
            _ => throw new ArgumentOutOfRangeException(nameof(intent), intent, "Say whether connections read or write."),
        });
    }

    private ReadIntent ReadIntentOf(ReadOptions? options, WriteOptions? writeOptions, EntityPolicy policy) =>
        writeOptions is null
            ? Intents.Resolve(options, policy, tier.Defaults)
            : throw new ArgumentException("Connections that read take ReadOptions only.", nameof(writeOptions));

    /// <summary>Opening is a strong read that shows nothing: the primary of the current history, which shows what the session has seen.</summary>
    private SqlScope WriteScope(ShardEngine engine, string dataSet, ReadOptions? options, WriteOptions? writeOptions, EntityPolicy policy)
    {
        if (options is not null)
        {
            throw new ArgumentException("Connections that write lead to the primary and take WriteOptions only.", nameof(options));
        }

        if (writeOptions?.IdempotencyKey is not null)
        {
            throw new ArgumentException("An idempotency key names one write of a repository, so connections take none.", nameof(writeOptions));
        }

        var write = Intents.Resolve(writeOptions, policy, tier.Defaults);
        return new SqlScope(engine, state, dataSet, new ReadIntent(ConsistencyLevel.Strong, default, write.Timeout, false, default), write);
    }
}
