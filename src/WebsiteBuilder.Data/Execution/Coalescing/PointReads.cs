using System.Runtime.CompilerServices;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// Point reads of one entity at one endpoint. While few are on their way each is sent at once and alone; those that come meanwhile wait, and go out together when one of them
/// returns. So batches grow with the load, and an idle system pays nothing. Each caller gets the stamp of its round trip and judges for itself whether that is enough. Thread-safe.
/// </summary>
internal sealed class PointReads<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private readonly IEntityStore _store;
    private readonly EntityMap<TEntity, TKey> _map;
    private readonly Territory _territory;
    private readonly EngineRuntime _runtime;
    private readonly PointQueue<TEntity, TKey> _queue;
    private readonly WakeTimer _timer;

    public PointReads(IEntityStore store, EntityMap<TEntity, TKey> map, Territory territory, EngineRuntime runtime, CoalescingPolicy policy)
    {
        _store = store;
        _map = map;
        _territory = territory;
        _runtime = runtime;
        _queue = new PointQueue<TEntity, TKey>(policy);
        _timer = new WakeTimer(runtime, LookAfterAll);
    }

    /// <summary>How many round trips are on their way.</summary>
    public int InFlight => _queue.InFlight;

    /// <summary>Reads an entity, without a limit of time.</summary>
    /// <exception cref="StoreFaultException">As by the store; throttled when too many wait.</exception>
    public Task<StoreRead<TEntity?>> FindAsync(TKey key, ReadGuard guard, CancellationToken cancellationToken)
    {
        var read = new AwaitedPointRead<TEntity, TKey>(key, _runtime, cancellationToken) { Guard = guard };
        Begin(read);
        return read.AnswerAsync();
    }

    /// <summary>Sends a read, at once or with others. It ends by itself, perhaps before this returns.</summary>
    public void Begin(PointRead<TEntity, TKey> read)
    {
        read.BelongTo(this);
        read.AskedAt = _runtime.Now;
        Send(Settle(_queue.Add(read, read.AskedAt)));
    }

    /// <summary>Whoever waits for a read has gone, or its time is up.</summary>
    public void Leave(PointRead<TEntity, TKey> read, Func<Exception> why)
    {
        if (_queue.TryLeave(read, out var stop))
        {
            if (stop is not null)
            {
                _ = _runtime.CancelWorkAsync(stop);
            }

            read.Failed(why());
        }
    }

    /// <summary>Nobody waits for a read any more: it is taken out unless it is on its way.</summary>
    public void LeaveUnsent(PointRead<TEntity, TKey> read, Func<Exception> why)
    {
        if (_queue.TryLeaveUnsent(read))
        {
            read.Failed(why());
        }
    }

    private void LookAfterAll() => Send(Settle(_queue.Look(_runtime.Now)));

    /// <summary>Does all that a turn asks for but sending.</summary>
    private SharedRoundTrip<TEntity, TKey>? Settle(in PointTurn<TEntity, TKey> turn)
    {
        _timer.WakeAt(turn.WakeAt);
        if (turn.Refused is { } refused)
        {
            EndAll(refused, Crowded);
        }

        if (turn.Due is { } due)
        {
            foreach (var read in due)
            {
                // What was never sent says nothing of the node.
                Leave(read, read.RoundTrip is null ? Crowded : static () => new TimeoutException());
            }
        }

        if (turn.Late is { } late)
        {
            foreach (var read in late)
            {
                read.WasLate();
            }
        }

        return turn.Next;
    }

    /// <summary>What is sent for many belongs to none of them, whoever happened to be first.</summary>
    private void Send(SharedRoundTrip<TEntity, TKey>? trip)
    {
        if (trip is not null)
        {
            trip.HasLeft = false;
            using (SharedWork.Begin())
            {
                _ = SendAsync(trip);
            }

            trip.HasLeft = true;
        }
    }

    /// <summary>Goes on in the place of a round trip that has ended, for as long as reads wait.</summary>
    private async Task SendAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        var isElsewhere = false;
        for (var next = trip; next is not null;)
        {
            if (next.Count > 1)
            {
                var together = TogetherAsync(next);
                isElsewhere |= !together.IsCompleted;
                await together.ConfigureAwait(false);
                next = Settle(_queue.Replace(next, _runtime.Now));
                continue;
            }

            var read = next.Reads[0];
            var asking = AskAsync(read, next.Token);
            isElsewhere |= !asking.IsCompleted;
            var outcome = await asking.ConfigureAwait(false);

            // It was sent and answered, whatever becomes of its place meanwhile.
            var isEnded = read.TryEnd();
            var hasLeft = trip.HasLeft;
            next = Settle(_queue.Replace(next, _runtime.Now));
            if (isEnded)
            {
                // With nobody left to serve, whoever waited goes on right here, as behind a driver: another thread would cost as much as all the rest. Not while this is the stack of somebody who asks.
                End(read, outcome, mayGoOnHere: isElsewhere && hasLeft && next is null);
            }
        }
    }

    private static void End(PointRead<TEntity, TKey> read, in AloneOutcome outcome, bool mayGoOnHere)
    {
        if (outcome.Error is { } error)
        {
            read.Failed(error);
        }
        else
        {
            read.Answered(outcome.Answer, mayGoOnHere);
        }
    }

    /// <summary>Reads one key by itself. Whatever happens is in the outcome.</summary>
    // Awaited once, where it is called: the state can be used again.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<AloneOutcome> AskAsync(PointRead<TEntity, TKey> read, CancellationToken cancellationToken)
    {
        var startedAt = _runtime.Now;
        try
        {
            var answer = await _store.FindAsync(_map, read.Key, read.Guard, cancellationToken).ConfigureAwait(false);
            var isOther = answer.Value is { } found && !EqualityComparer<TKey>.Default.Equals(_map.KeyOf(found), read.Key);
            _queue.AnsweredAlone(read.Key, _runtime.Now - startedAt, isOther);
            return new AloneOutcome(answer, null);
        }
        catch (Exception exception)
        {
            return new AloneOutcome(default, Noted(read.Key, exception));
        }
    }

    /// <summary>Remembers keys that fail by themselves. A key whose own comparison fails must not keep a round trip's place.</summary>
    private Exception Noted(TKey key, Exception exception)
    {
        try
        {
            if (exception is not StoreFaultException { Kind: not (StoreFaultKind.Rejected or StoreFaultKind.Conflict) })
            {
                _queue.FailedAlone(key);
            }

            return exception;
        }
        catch (Exception broken)
        {
            return broken;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TogetherAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        var together = trip.Count;
        try
        {
            await AskTogetherAsync(trip).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // Such as a key's own comparison. Nobody may wait for what doesn't come, and the place is free again.
            EndAll(trip.Reads, () => exception);
        }

        if (_queue.IsTooEarly(together))
        {
            // Those who have just been answered are about to ask again: with a step aside they go out together, and not one now and the others later.
            await _runtime.YieldAsync().ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AskTogetherAsync(SharedRoundTrip<TEntity, TKey> trip)
    {
        var startedAt = _runtime.Now;
        try
        {
            var answer = await _store.FindEachAsync(_map, _territory, trip.Keys(), trip.Guard(), trip.Token).ConfigureAwait(false);
            if (answer.Value is { } rows)
            {
                _queue.AnsweredTogether(trip, rows, _runtime.Now - startedAt);
                Answer(trip, rows, answer.Stamp);
                return;
            }
        }
        catch (StoreFaultException fault) when (fault.Kind is not (StoreFaultKind.Rejected or StoreFaultKind.Conflict))
        {
            // One round trip has failed, however many it was for. Who has gone doesn't tell.
            var wasTold = false;
            foreach (var read in trip.Reads)
            {
                if (read.TryEnd())
                {
                    read.Failed(wasTold ? fault.Echo() : fault);
                    wasTold = true;
                }
            }

            return;
        }
        catch (Exception)
        {
            // One of them is to blame; alone it will be found out which.
        }

        foreach (var read in trip.Reads)
        {
            if (_queue.Apart(read) is { } alone)
            {
                var outcome = await AskAsync(read, alone.Token).ConfigureAwait(false);
                if (read.TryEnd())
                {
                    End(read, outcome, mayGoOnHere: false);
                }
            }
        }
    }

    private static void Answer(SharedRoundTrip<TEntity, TKey> trip, SizedRow<TEntity>[] rows, in ReadStamp stamp)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            if (trip.Reads[i].TryEnd())
            {
                trip.Reads[i].Answered(new StoreRead<TEntity?>(rows[i].Entity, stamp), mayGoOnHere: false);
            }
        }
    }

    private static void EndAll(IReadOnlyList<PointRead<TEntity, TKey>> reads, Func<Exception> why)
    {
        foreach (var read in reads)
        {
            if (read.TryEnd())
            {
                read.Failed(why());
            }
        }
    }

    private static StoreFaultException Crowded() => new(StoreFaultKind.Throttled, WriteDisposition.NotApplied, "Too many reads wait for the endpoint.");

    /// <summary>What became of a read alone.</summary>
    private readonly record struct AloneOutcome(StoreRead<TEntity?> Answer, Exception? Error);
}
