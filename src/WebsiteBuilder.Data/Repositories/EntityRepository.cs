using System.Runtime.CompilerServices;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Sharding;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>All shards, and which of them holds what.</summary>
internal sealed record DataTier(ShardDirectory Directory, ShardEngine[] Engines, ClientDefaults Defaults);

/// <summary>A mapped entity and its defaults.</summary>
internal sealed record EntityRegistration<TEntity, TKey>(EntityMap<TEntity, TKey> Map, EntityPolicy Policy)
    where TEntity : class
    where TKey : notnull
{
    /// <summary>The point reads that share round trips; null if they don't.</summary>
    public PointReadsByEndpoint<TEntity, TKey>? Coalesced { get; } = Policy.Coalesced ?? true ? new(Map) : null;

    /// <summary>A caller's expected version, if it can be expected.</summary>
    /// <exception cref="ArgumentException">It can't.</exception>
    public long? Expected(long? expectedVersion)
    {
        if (expectedVersion is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(expectedVersion), expectedVersion, "Versions start at 1.");
        }

        return expectedVersion is null || Map.Version is not null
            ? expectedVersion
            : throw new ArgumentException($"The map of '{Map.Table}' has no version column, so no version can be expected.", nameof(expectedVersion));
    }
}

/// <summary>The entities that a client knows.</summary>
internal interface IEntityRegistrations
{
    /// <exception cref="InvalidOperationException">The entity isn't registered.</exception>
    EntityRegistration<TEntity, TKey> Find<TEntity, TKey>()
        where TEntity : class
        where TKey : notnull;
}

/// <summary>The repository of any mapped entity.</summary>
internal sealed class EntityRepository<TEntity, TKey>(DataTier tier, EntityRegistration<TEntity, TKey> registration, SessionState session)
    : IRepository<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private const int MaxKeys = 10_000;

    private EntityMap<TEntity, TKey> Map => registration.Map;

    public ValueTask<ReadResult<TEntity?>> FindAsync(TKey key, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        var engine = tier.Engines[tier.Directory.ShardOf(Map, key)];
        if (registration.Coalesced is not { } reads)
        {
            return ReadAsync<FindOperation<TEntity, TKey>, TEntity?>(engine, new(Map, key), options, cancellationToken);
        }

        var intent = Intents.Resolve(options, registration.Policy, tier.Defaults);
        return new PointExecution<CoalescedFindOperation<TEntity, TKey>, TEntity, TKey>(
            engine, new(Map, reads, key, engine.Runtime), key, session, intent, cancellationToken).RunAsync();
    }

    public async ValueTask<ReadResult<IReadOnlyList<TEntity>>> FindManyAsync(
        IReadOnlyCollection<TKey> keys, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (keys.Count > MaxKeys)
        {
            throw new ArgumentOutOfRangeException(nameof(keys), keys.Count, $"One call takes {MaxKeys} keys at most; split them.");
        }

        var distinct = keys.Distinct().ToArray();
        var shards = Array.ConvertAll(distinct, key => tier.Directory.ShardOf(Map, key));
        if (distinct.Length > 0 && !shards.AsSpan().ContainsAnyExcept(shards[0]))
        {
            return await FindGroupAsync(tier.Engines[shards[0]], distinct, options, cancellationToken).ConfigureAwait(false);
        }

        var groups = distinct.Zip(shards).GroupBy(static placed => placed.Second, static placed => placed.First).ToArray();
        var answers = await Task.WhenAll(groups.Select(group => FindGroupAsync(tier.Engines[group.Key], [.. group], options, cancellationToken).AsTask()))
            .ConfigureAwait(false);
        return answers switch
        {
            [] => new ReadResult<IReadOnlyList<TEntity>>([], default, AnswerSource.Unspecified, TimeSpan.Zero, RouteReason.None),
            _ => answers[^1] with
            {
                Value = [.. answers.SelectMany(static answer => answer.Value)],
                Age = answers.Any(static answer => answer.Age is null) ? null : answers.Max(static answer => answer.Age),
                Reason = answers.Aggregate(RouteReason.None, static (reason, answer) => reason | answer.Reason),
            },
        };
    }

    public async IAsyncEnumerable<TEntity> QueryAsync(
        Query<TEntity> query, ReadOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        var answer = await AskAsync(query.Over(Map.Mapped), options, cancellationToken).ConfigureAwait(false);
        foreach (var row in answer.Value)
        {
            yield return row;
        }
    }

    public async Task<ReadResult<Page<TEntity>>> QueryPageAsync(
        Query<TEntity> query, ReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        query = query.Over(Map.Mapped);
        var answer = await AskAsync(query.WithOneMore(), options, cancellationToken).ConfigureAwait(false);
        var rows = answer.Value;
        var page = rows.Count <= query.Limit
            ? new Page<TEntity>(rows, null)
            : new Page<TEntity>([.. rows.Take(query.Limit)], query.CursorOf(rows[query.Limit - 1]));
        return new ReadResult<Page<TEntity>>(page, answer.Region, answer.Source, answer.Age, answer.Reason) { Endpoint = answer.Endpoint };
    }

    public Task<WriteResult> InsertAsync(TEntity entity, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(EntityWriteKind.Insert, entity, null, options, cancellationToken);

    public async Task<BulkResult> InsertManyAsync(
        IAsyncEnumerable<TEntity> entities, BulkOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entities);
        var insert = Bulk(options, cancellationToken);
        await foreach (var entity in entities.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            await insert.AddAsync(entity).ConfigureAwait(false);
        }

        return await insert.CompleteAsync().ConfigureAwait(false);
    }

    public async Task<BulkResult> InsertManyAsync(
        IEnumerable<TEntity> entities, BulkOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entities);
        var insert = Bulk(options, cancellationToken);
        foreach (var entity in entities)
        {
            await insert.AddAsync(entity).ConfigureAwait(false);
        }

        return await insert.CompleteAsync().ConfigureAwait(false);
    }

    public Task<WriteResult> UpdateAsync(
        TEntity entity, long? expectedVersion = null, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(EntityWriteKind.Update, entity, expectedVersion, options, cancellationToken);

    public Task<WriteResult> UpsertAsync(TEntity entity, WriteOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteAsync(EntityWriteKind.Upsert, entity, null, options, cancellationToken);

    public Task<WriteResult> DeleteAsync(
        TKey key, long? expectedVersion = null, WriteOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return WriteAsync(new EntityWrite<TEntity, TKey>(EntityWriteKind.Delete, key, null, registration.Expected(expectedVersion)), options, cancellationToken);
    }

    private BulkInsert<TEntity, TKey> Bulk(BulkOptions? options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new BulkOptions();
        return options.BatchSize is >= 1 and <= BulkOptions.MaxBatchSize
            ? new BulkInsert<TEntity, TKey>(tier, registration, session, options, cancellationToken)
            : throw new ArgumentOutOfRangeException(nameof(options), options.BatchSize, $"BatchSize must be 1 to {BulkOptions.MaxBatchSize}.");
    }

    private Task<WriteResult> WriteAsync(
        EntityWriteKind kind, TEntity entity, long? expectedVersion, WriteOptions? options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return WriteAsync(new EntityWrite<TEntity, TKey>(kind, Map.KeyOf(entity), entity, registration.Expected(expectedVersion)), options, cancellationToken);
    }

    private Task<WriteResult> WriteAsync(EntityWrite<TEntity, TKey> write, WriteOptions? options, CancellationToken cancellationToken)
    {
        var engine = tier.Engines[tier.Directory.ShardOf(Map, write.Key)];
        var intent = Intents.Resolve(options, registration.Policy, tier.Defaults);
        if (options?.IdempotencyKey is { } key)
        {
            intent = intent with { Key = IdempotencyKeys.Operation(Map, write, key) };
        }

        return new WriteExecution<WriteOperation<TEntity, TKey>>(engine, new(Map, write), session, intent, cancellationToken).RunAsync();
    }

    private ValueTask<ReadResult<IReadOnlyList<TEntity>>> AskAsync(Query<TEntity> query, ReadOptions? options, CancellationToken cancellationToken)
    {
        var engine = tier.Engines[Map.HasTerritory ? tier.Directory.ShardOf(query.Territory) : tier.Directory.FixedShardOf(Map)];
        return ReadAsync<QueryOperation<TEntity, TKey>, IReadOnlyList<TEntity>>(engine, new(Map, query), options, cancellationToken);
    }

    private ValueTask<ReadResult<IReadOnlyList<TEntity>>> FindGroupAsync(
        ShardEngine engine, IReadOnlyList<TKey> keys, ReadOptions? options, CancellationToken cancellationToken) =>
        ReadAsync<FindManyOperation<TEntity, TKey>, IReadOnlyList<TEntity>>(engine, new(Map, keys), options, cancellationToken);

    private ValueTask<ReadResult<TResult>> ReadAsync<TOperation, TResult>(
        ShardEngine engine, TOperation operation, ReadOptions? options, CancellationToken cancellationToken)
        where TOperation : IReadOperation<TResult>
    {
        var intent = Intents.Resolve(options, registration.Policy, tier.Defaults);
        return new ReadExecution<TOperation, TResult>(engine, operation, session, intent, engine.Runtime.Now, cancellationToken).RunAsync();
    }
}
