using System.Globalization;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Tests.Execution;

/// <summary>Keeps each round trip until the test answers it; while a key is poisoned, answers by itself.</summary>
internal sealed class HandStore : IEntityStore
{
    private readonly Lock _lock = new();
    private readonly List<Trip> _trips = [];

    public long? Poison { get; set; }

    /// <summary>What each round trip notes of the context that it was sent in.</summary>
    public Func<string?>? Seen { get; set; }

    /// <summary>Answers by itself, with rows of other keys than were asked for.</summary>
    public bool Renames { get; set; }

    public IReadOnlyList<Trip> Trips
    {
        get
        {
            lock (_lock)
            {
                return [.. _trips];
            }
        }
    }

    public Trip Last => Trips[^1];

    public async ValueTask<StoreRead<TEntity?>> FindAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, TKey key, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var answer = await Send([(long)(object)key], isAlone: true, guard, cancellationToken).Answered;
        return new StoreRead<TEntity?>((TEntity?)(object?)answer.Value![0].Entity, answer.Stamp);
    }

    public async Task<StoreRead<SizedRow<TEntity>[]?>> FindEachAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, Territory territory, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull
    {
        var answer = await Send([.. keys.Select(static key => (long)(object)key)], isAlone: false, guard, cancellationToken).Answered;
        return new StoreRead<SizedRow<TEntity>[]?>((SizedRow<TEntity>[]?)(object?)answer.Value, answer.Stamp);
    }

    public Task<StoreRead<IReadOnlyList<TEntity>>> FindManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TKey> keys, ReadGuard guard, CancellationToken cancellationToken)
        where TEntity : class
        where TKey : notnull => throw new NotSupportedException();

    public Task<StoreWrite> InsertManyAsync<TEntity, TKey>(
        EntityMap<TEntity, TKey> map, IReadOnlyList<TEntity> entities, WriteGuard guard, CancellationToken cancellationToken)
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

    public Task<ReadStamp> StampAsync(ReadGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<NodeObservation> ObserveAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<LogHistory> ReadHistoryAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<NodeObservation> SampleAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<StoreWrite> CommitBarrierAsync(WriteGuard guard, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    private Trip Send(IReadOnlyList<long> keys, bool isAlone, ReadGuard guard, CancellationToken token)
    {
        var trip = new Trip(this, keys, isAlone, guard, token);
        lock (_lock)
        {
            _trips.Add(trip);
        }

        trip.AnswerUnlessPoisoned();
        return trip;
    }
}

/// <summary>One round trip, and how the test answers it.</summary>
internal sealed class Trip(HandStore store, IReadOnlyList<long> keys, bool isAlone, ReadGuard guard, CancellationToken token)
{
    private readonly TaskCompletionSource<StoreRead<SizedRow<HeldItem>[]?>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<long> Keys { get; } = keys;

    public bool IsAlone { get; } = isAlone;

    public ReadGuard Guard { get; } = guard;

    public CancellationToken Token { get; } = token;

    public string? Context { get; } = store.Seen?.Invoke();

    public Task<StoreRead<SizedRow<HeldItem>[]?>> Answered => _answer.Task;

    public void Answer(ReadStamp stamp = default, Func<long, int>? bytes = null) => _answer.TrySetResult(new(
        [.. Keys.Select(key => key < 0 ? default : new SizedRow<HeldItem>(new HeldItem(key), bytes?.Invoke(key) ?? 100))], stamp));

    public void AnswerUnclear() => _answer.TrySetResult(default);

    public void Fail(Exception exception) => _answer.TrySetException(exception);

    public void AnswerUnlessPoisoned()
    {
        if (store.Renames)
        {
            _answer.TrySetResult(new([.. Keys.Select(static key => new SizedRow<HeldItem>(new HeldItem(key + 1_000), 100))], default));
        }
        else if (store.Poison is { } poison)
        {
            if (Keys.Contains(poison))
            {
                Fail(new StoreFaultException(StoreFaultKind.Rejected, WriteDisposition.NotApplied, poison.ToString(CultureInfo.InvariantCulture)));
            }
            else
            {
                Answer();
            }
        }
    }
}

/// <summary>What the store holds: anything that is asked for.</summary>
internal sealed record HeldItem(long Id)
{
    public static EntityMap<HeldItem, long> Map { get; } = EntityMap.Create<HeldItem, long>("items", static item => item.Id, static map =>
    {
        var id = map.Key("id", static item => item.Id, static key => key);
        return row => new HeldItem(row.Get(id));
    });
}
