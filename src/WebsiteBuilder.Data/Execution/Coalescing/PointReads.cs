using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// Point reads of one entity at one endpoint. While few are on their way each is sent at once and alone; those that come meanwhile wait, and go out together when one of them
/// returns. So batches grow with the load, and an idle system pays nothing. Each caller gets the stamp of its round trip and judges for itself whether that is enough. Thread-safe.
/// </summary>
internal sealed class PointReads<TEntity, TKey>(
    IEntityStore store, EntityMap<TEntity, TKey> map, Territory territory, EngineRuntime runtime, CoalescingPolicy policy)
    where TEntity : class
    where TKey : notnull
{
    /// <summary>A shorter round trip is believed at once, a longer one by and by: load makes them longer, and isn't distance.</summary>
    private const double Weight = 0.01;

    private readonly Lock _lock = new();
    private readonly Queue<PointRead<TEntity, TKey>> _waiting = new();
    private readonly RowSizes<TKey> _sizes = new(policy.LargeRow);
    private int _inFlight;
    private TimeSpan? _roundTrip;
    private bool _areKeysUnclear;

    /// <summary>How many round trips are on their way.</summary>
    public int InFlight
    {
        get
        {
            lock (_lock)
            {
                return _inFlight;
            }
        }
    }

    /// <summary>Reads an entity.</summary>
    /// <exception cref="StoreFaultException">As by the store; throttled when too many wait.</exception>
    public Task<StoreRead<TEntity?>> FindAsync(TKey key, ReadGuard guard, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _areKeysUnclear))
        {
            return store.FindAsync(map, key, guard, cancellationToken);
        }

        PointRead<TEntity, TKey>? waits = null;
        bool hasPlace;
        lock (_lock)
        {
            hasPlace = _inFlight < policy.InFlight(_roundTrip ?? TimeSpan.Zero);
            if (!hasPlace || _waiting.Count > 0)
            {
                waits = _waiting.Count < policy.MaxWaiting
                    ? new PointRead<TEntity, TKey>(key, guard, runtime.Now, runtime.NewCompletion(), cancellationToken)
                    : throw Crowded();
                _waiting.Enqueue(waits);
            }

            _inFlight += hasPlace ? 1 : 0;
        }

        if (waits is null)
        {
            return AtOnceAsync(key, guard, cancellationToken);
        }

        if (hasPlace)
        {
            // The way turned out to be longer than it seemed.
            _ = SendWaitingAsync();
        }

        return waits.AnswerAsync();
    }

    private async Task<StoreRead<TEntity?>> AtOnceAsync(TKey key, ReadGuard guard, CancellationToken cancellationToken)
    {
        var startedAt = runtime.Now;
        try
        {
            var answer = await store.FindAsync(map, key, guard, cancellationToken).ConfigureAwait(false);
            Took(runtime.Now - startedAt);
            return answer;
        }
        finally
        {
            _ = SendWaitingAsync();
        }
    }

    /// <summary>Goes on in the place of a round trip that has ended, for as long as reads wait.</summary>
    private async Task SendWaitingAsync()
    {
        while (Take() is { Count: > 0 } reads)
        {
            if (reads.Count == 1)
            {
                await AloneAsync(reads[0]).ConfigureAwait(false);
            }
            else
            {
                await TogetherAsync(reads).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes those that are to go out next; with nobody left the place is free.</summary>
    private List<PointRead<TEntity, TKey>> Take()
    {
        var taken = new List<PointRead<TEntity, TKey>>();
        var now = runtime.Now;
        lock (_lock)
        {
            var most = Math.Min(policy.MaxKeys, _sizes.RowsWithin(policy.MaxBytes));
            while (taken.Count < most && _waiting.TryPeek(out var next))
            {
                var isAlone = _sizes.IsAlone(next.Key);
                if (isAlone && taken.Count > 0)
                {
                    break;
                }

                _waiting.Dequeue();
                if (next.CancellationToken.IsCancellationRequested || now - next.AskedAt > policy.MaxWait)
                {
                    next.Failed(next.CancellationToken.IsCancellationRequested ? Left() : Crowded());
                    runtime.Complete(next.Completion);
                    continue;
                }

                taken.Add(next);
                if (isAlone)
                {
                    break;
                }
            }

            if (taken.Count == 0)
            {
                _inFlight--;
            }
        }

        return taken;
    }

    private async Task AloneAsync(PointRead<TEntity, TKey> read)
    {
        try
        {
            var answer = await store.FindAsync(map, read.Key, read.Guard, read.CancellationToken).ConfigureAwait(false);
            read.Answered(answer);
            lock (_lock)
            {
                _sizes.Worked(read.Key);
                if (answer.Value is { } found && !EqualityComparer<TKey>.Default.Equals(map.KeyOf(found), read.Key))
                {
                    // The server calls keys equal that differ here, so rows can't be told apart by them.
                    Volatile.Write(ref _areKeysUnclear, true);
                }
            }
        }
        catch (Exception exception)
        {
            read.Failed(exception);
            if (exception is not StoreFaultException { Kind: not (StoreFaultKind.Rejected or StoreFaultKind.Conflict) })
            {
                lock (_lock)
                {
                    _sizes.Failed(read.Key);
                }
            }
        }

        runtime.Complete(read.Completion);
    }

    private async Task TogetherAsync(List<PointRead<TEntity, TKey>> reads)
    {
        using var crowd = new Crowd(runtime);
        var keys = new TKey[reads.Count];
        var guard = default(ReadGuard);
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = reads[i].Key;
            guard = guard.And(reads[i].Guard);
        }

        var startedAt = runtime.Now;
        try
        {
            crowd.Join(reads);
            var answer = await store.FindEachAsync(map, territory, keys, guard, crowd.Token).ConfigureAwait(false);
            if (answer.Value is { } rows)
            {
                Took(runtime.Now - startedAt);
                Answer(reads, rows, answer.Stamp);
                return;
            }
        }
        catch (StoreFaultException fault) when (fault.Kind is not (StoreFaultKind.Rejected or StoreFaultKind.Conflict))
        {
            // One round trip has failed, however many it was for. Who has gone doesn't tell.
            var witness = reads.Find(static read => !read.CancellationToken.IsCancellationRequested) ?? reads[0];
            foreach (var read in reads)
            {
                read.Failed(read == witness ? fault : fault.Echo());
                runtime.Complete(read.Completion);
            }

            return;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // One of them is to blame; alone it will be found out which.
        }

        foreach (var read in reads)
        {
            await AloneAsync(read).ConfigureAwait(false);
        }
    }

    private void Answer(List<PointRead<TEntity, TKey>> reads, SizedRow<TEntity>[] rows, in ReadStamp stamp)
    {
        lock (_lock)
        {
            for (var i = 0; i < rows.Length; i++)
            {
                if (rows[i].Entity is not null)
                {
                    _sizes.Learn(reads[i].Key, rows[i].Bytes);
                }
            }
        }

        for (var i = 0; i < rows.Length; i++)
        {
            reads[i].Answered(new StoreRead<TEntity?>(rows[i].Entity, stamp));
            runtime.Complete(reads[i].Completion);
        }
    }

    private void Took(TimeSpan roundTrip)
    {
        lock (_lock)
        {
            _roundTrip = _roundTrip is { } known && roundTrip > known ? known + (Weight * (roundTrip - known)) : roundTrip;
        }
    }

    private static StoreFaultException Crowded() => new(StoreFaultKind.Throttled, WriteDisposition.NotApplied, "Too many reads wait for the endpoint.");

    private static StoreFaultException Left() => new(StoreFaultKind.Cancelled, WriteDisposition.NotApplied, "The caller gave up.");

    /// <summary>Those who wait for one round trip. It goes on for as long as one of them does.</summary>
    private sealed class Crowd(EngineRuntime runtime) : IDisposable
    {
        private readonly CancellationTokenSource _everybodyLeft = new();
        private readonly List<CancellationTokenRegistration> _registrations = [];
        private int _waiting;
        private Task? _cancelling;

        public CancellationToken Token => _everybodyLeft.Token;

        public void Join(List<PointRead<TEntity, TKey>> reads)
        {
            _waiting = reads.Count;
            foreach (var read in reads)
            {
                _registrations.Add(read.CancellationToken.UnsafeRegister(static crowd => ((Crowd)crowd!).Leave(), this));
            }
        }

        public void Dispose()
        {
            foreach (var registration in _registrations)
            {
                registration.Dispose();
            }

            // Nobody leaves any more: the registrations are gone, and those that ran have ended.
            if (_cancelling is null)
            {
                _everybodyLeft.Dispose();
            }
        }

        private void Leave()
        {
            if (Interlocked.Decrement(ref _waiting) == 0)
            {
                _cancelling = runtime.CancelWorkAsync(_everybodyLeft);
            }
        }
    }
}
