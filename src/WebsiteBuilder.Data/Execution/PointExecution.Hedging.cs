using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Execution;

/// <summary>The part that asks a second node when the first takes longer than usual. The first good answer settles the execution; if none is good, it goes on where the first attempt ended.</summary>
internal sealed partial class PointExecution<TOperation, TEntity, TKey>
{
    public override void WasLate()
    {
        if (HasEnded || CancellationToken.IsCancellationRequested || engine.Hedging?.TryTake(engine, _attempt, Request()) is not { } plan)
        {
            return;
        }

        var attempt = new ReadAttempt(plan, _attempt.Topology, _attempt.Requirement, engine.Runtime.Now);
        var node = attempt.NodeOf(engine);
        var limit = Slice;
        var second = new Second(this, attempt, limit) { Guard = attempt.Guard(engine, intent), Due = attempt.StartedAt + attempt.UntilLook(limit, TimeSpan.Zero) };
        Volatile.Write(ref _race, new Race(second));
        if (Interlocked.CompareExchange(ref _running, 2, 1) != 1)
        {
            return;
        }

        node.Vitals.Began();
        operation.ReadsAt((IEntityStore)node.Store).Begin(second);
        if (Volatile.Read(ref _isSettled) != 0)
        {
            second.LeaveUnsent();
        }
    }

    /// <summary>The first attempt wasn't good, and a second one is on its way. What the first has shown is evidence now, and only once.</summary>
    private void LeaveToSecond(StoreRead<TEntity?>? answer, Exception? error)
    {
        var race = Volatile.Read(ref _race)!;
        (race.Answer, race.Error) = (answer, error is null ? null : Note(_attempt, error));
        EndOne();
        if (CancellationToken.IsCancellationRequested && TrySettle())
        {
            GoOn(answer, race.Error);
        }
    }

    /// <summary>One of two attempts wasn't good.</summary>
    private void EndOne()
    {
        if (Interlocked.Decrement(ref _running) == 0 && TrySettle())
        {
            var race = Volatile.Read(ref _race)!;
            GoOn(race.Answer, race.Error);
        }
    }

    /// <summary>Notes what an error says of the node; returns it as one that says nothing any more.</summary>
    private Exception Note(in ReadAttempt attempt, Exception error)
    {
        var fault = error as StoreFaultException ?? (error is TimeoutException timeout ? attempt.OutOfTime(engine, intent, timeout) : null);
        if (fault is not null)
        {
            engine.Hedging?.Saw(fault, engine.Runtime.Now);
        }

        if (fault is { BlamesNode: true, IsEcho: false })
        {
            engine.Monitor.Saw(attempt.NodeOf(engine), worked: false);
        }
        else if (fault is { Kind: StoreFaultKind.WrongRole })
        {
            engine.Monitor.ProbeNow();
        }

        return fault?.Echo() ?? error;
    }

    /// <summary>Notes what an answer that isn't good says of the second node.</summary>
    private void NoteBad(in ReadAttempt attempt, in ReadStamp stamp)
    {
        var now = engine.Runtime.Now;
        var node = attempt.NodeOf(engine);
        if (attempt.IsOurs(stamp) && !stamp.IsPrimary)
        {
            engine.Shard.NotePosition(node, stamp.Lo, now);
            node.Vitals.WasBehind(now - attempt.LearnedAt(engine, _begunAt));
        }
        else
        {
            engine.Monitor.ProbeNow();
        }
    }

    /// <summary>A second attempt, and how the first one ended if that did first.</summary>
    private sealed class Race(Second second)
    {
        public Second Second => second;

        public StoreRead<TEntity?>? Answer { get; set; }

        public Exception? Error { get; set; }
    }

    /// <summary>The read at the second node.</summary>
    private sealed class Second(PointExecution<TOperation, TEntity, TKey> first, ReadAttempt attempt, TimeSpan limit)
        : PointRead<TEntity, TKey>(first.Key, first.CancellationToken)
    {
        public int Endpoint => attempt.Plan[0];

        public override TimeSpan More() => attempt.More(first.Engine, first.Request(), limit, first.Engine.Runtime.Now) ?? TimeSpan.Zero;

        public override void Answered(in StoreRead<TEntity?> answer, bool mayGoOnHere)
        {
            bool isGood;
            try
            {
                isGood = first.TryTake(attempt, answer, mayGoOnHere);
            }
            catch (Exception)
            {
                // The first attempt's outcome counts.
                isGood = false;
            }

            if (isGood)
            {
                first.LeaveUnsent();
            }
            else
            {
                first.NoteBad(attempt, answer.Stamp);
                first.EndOne();
            }
        }

        public override void Failed(Exception error)
        {
            attempt.NodeOf(first.Engine).Vitals.Ended();
            first.Note(attempt, error);
            first.EndOne();
        }
    }
}
