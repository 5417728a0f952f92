using BenchmarkDotNet.Attributes;
using WebsiteBuilder.Data.Benchmarks.Tier;
using WebsiteBuilder.Data.Execution;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Benchmarks.Micro;

/// <summary>What sharing round trips costs by itself: a read that is sent at once, and one that waits for others and goes out with them. The store answers in no time.</summary>
[MemoryDiagnoser]
public class CoalescingBenchmarks : IAsyncDisposable
{
    /// <summary>How many round trips are on their way before reads wait.</summary>
    private const int Ahead = 2;

    private const int Together = 64;

    private readonly HeldStore _store = new();
    private readonly Task[] _reads = new Task[Ahead + Together];
    private PointReads<Item, long> _points = null!;

    [GlobalSetup]
    public void SetUp() => _points = new PointReads<Item, long>(
        _store, Item.Map, default, new EngineRuntime(TimeProvider.System, new Random(1)), CoalescingPolicy.Default);

    [Benchmark]
    public Task AtOnce()
    {
        _store.IsHeld = false;
        return _points.FindAsync(1, default, CancellationToken.None);
    }

    [Benchmark(OperationsPerInvoke = Ahead + Together)]
    public Task EnqueueAndShare()
    {
        _store.IsHeld = true;
        for (var i = 0; i < _reads.Length; i++)
        {
            _reads[i] = _points.FindAsync(i, default, CancellationToken.None);
        }

        _store.Release();
        return Task.WhenAll(_reads);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Answers single rows when it is told to, and many at once.</summary>
    private sealed class HeldStore : IEntityStore
    {
        private readonly List<Action> _held = [];

        public bool IsHeld { get; set; }

        public void Release()
        {
            IsHeld = false;
            foreach (var answer in _held)
            {
                answer();
            }

            _held.Clear();
        }

        public ValueTask<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
            EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
            where TEntity : class
            where TKey : notnull
        {
            if (!IsHeld)
            {
                return new ValueTask<StoreRead<TEntity?>>(default(StoreRead<TEntity?>));
            }

            var completion = new TaskCompletionSource<StoreRead<TEntity?>>(TaskCreationOptions.RunContinuationsAsynchronously);
            _held.Add(() => completion.SetResult(default));
            return new ValueTask<StoreRead<TEntity?>>(completion.Task);
        }

        public Task<StoreRead<SizedRow<TEntity>[]?>> FindEachAsync<TEntity, TKey>(
            EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
            where TEntity : class
            where TKey : notnull => Task.FromResult(new StoreRead<SizedRow<TEntity>[]?>(new SizedRow<TEntity>[keys.Count], default));

        public Task<StoreRead<IReadOnlyList<TEntity>>> FindManyAsync<TEntity, TKey>(
            EntityMap<TEntity, TKey> map, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
            where TEntity : class
            where TKey : notnull => throw new NotSupportedException();

        public Task<StoreRead<IReadOnlyList<TEntity>>> QueryAsync<TEntity, TKey>(
            EntityMap<TEntity, TKey> map, Query<TEntity> query, ReadGuard guard, CancellationToken cancellationToken)
            where TEntity : class
            where TKey : notnull => throw new NotSupportedException();

        public Task<StoreWrite> WriteAsync<TEntity, TKey>(
            EntityMap<TEntity, TKey> map, EntityWrite<TEntity, TKey> write, WriteGuard guard, CancellationToken cancellationToken)
            where TEntity : class
            where TKey : notnull => throw new NotSupportedException();

        public Task<StoreWrite> InsertManyAsync<TEntity, TKey>(
            EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, WriteGuard guard, CancellationToken cancellationToken)
            where TEntity : class
            where TKey : notnull => throw new NotSupportedException();

        public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ReadStamp> StampAsync(ReadGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => default;
    }
}
