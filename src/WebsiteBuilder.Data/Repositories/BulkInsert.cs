using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.Repositories;

/// <summary>
/// One bulk insert: gathers entities by shard and sends each full batch as a write of its own, one at a time, so that what is in when a batch fails is known. Batches are numbered by
/// shard, because their idempotency keys must not depend on what other shards got in between.
/// </summary>
internal sealed class BulkInsert<TEntity, TKey>(
    DataTier tier, EntityRegistration<TEntity, TKey> registration, SessionState session, BulkOptions options, CancellationToken cancellationToken)
    where TEntity : class
    where TKey : notnull
{
    private readonly SortedDictionary<int, Shard> _shards = [];
    private readonly WriteIntent _intent = Intents.Resolve(
        new WriteOptions { Durability = options.Durability, Timeout = options.Timeout, IdempotencyKey = options.IdempotencyKey }, registration.Policy, tier.Defaults);

    private long _rows;
    private int _batches;
    private WriteDurability _reached;

    private EntityMap<TEntity, TKey> Map => registration.Map;

    public ValueTask AddAsync(TEntity entity)
    {
        if (entity is null)
        {
            throw new ArgumentException("None of the entities can be null.", nameof(entity));
        }

        var index = tier.Directory.ShardOf(Map, Map.KeyOf(entity));
        if (!_shards.TryGetValue(index, out var shard))
        {
            _shards[index] = shard = new Shard();
        }

        shard.Batch.Add(entity);
        return shard.Batch.Count == options.BatchSize ? new ValueTask(SendAsync(index, shard)) : ValueTask.CompletedTask;
    }

    public async Task<BulkResult> CompleteAsync()
    {
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var (index, shard) in _shards)
        {
            if (shard.Batch.Count > 0)
            {
                await SendAsync(index, shard).ConfigureAwait(false);
            }
        }

        return new BulkResult(_rows, _batches, _reached);
    }

    private async Task SendAsync(int index, Shard shard)
    {
        // A new list for the next one: an attempt that was left behind may still read this one.
        var batch = shard.Batch;
        shard.Batch = [];
        var number = shard.Sent++;
        var intent = options.IdempotencyKey is { } key
            ? _intent with { Key = IdempotencyKeys.Batch(Map, tier.Directory.NameOf(index), batch, key, number) }
            : _intent;
        WriteResult result;
        try
        {
            result = await new WriteExecution<InsertManyOperation<TEntity, TKey>>(tier.Engines[index], new(Map, batch), session, intent, cancellationToken)
                .RunAsync().ConfigureAwait(false);
        }
        catch (DataTierException exception)
        {
            throw Failed(batch.Count, exception);
        }

        _reached = _batches == 0 || result.Reached < _reached ? result.Reached : _reached;
        _rows += batch.Count;
        _batches++;
    }

    private BulkInsertException Failed(int rows, DataTierException exception) =>
        new(
            exception.Disposition == WriteDisposition.Ambiguous
                ? "It isn't known whether a batch was inserted; the batches before it are in, and nothing was sent after it. The inner error says why."
                : "A batch was not inserted; the batches before it are in, and nothing was sent after it. The inner error says why.",
            exception)
        {
            AppliedRows = _rows,
            AppliedBatches = _batches,
            FailedRows = rows,
            IsTransient = exception.IsTransient,
            Disposition = exception.Disposition,
            RetryAfter = exception.RetryAfter,
            Region = exception.Region,
            Shard = exception.Shard,
            Operation = exception.Operation,
            Attempts = exception.Attempts,
        };

    private sealed class Shard
    {
        public List<TEntity> Batch { get; set; } = [];

        public int Sent { get; set; }
    }
}
