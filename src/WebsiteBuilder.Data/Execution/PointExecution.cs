using System.Threading.Tasks.Sources;
using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Routing;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// A read of one key that shares round trips, as nearly all of them go: one plan, one attempt, a good answer. It is one object from the caller to the round trip and back. Whatever is
/// not so plain is left to <see cref="ReadExecution{TOperation, TResult}"/>: before the attempt, or after it with what became of it.
/// </summary>
internal sealed partial class PointExecution<TOperation, TEntity, TKey>(
    ShardEngine engine, TOperation operation, TKey key, SessionState session, ReadIntent intent, CancellationToken cancellationToken)
    : PointRead<TEntity, TKey>(key, cancellationToken), IValueTaskSource<ReadResult<TEntity?>>
    where TOperation : IPointOperation<TEntity, TKey>
    where TEntity : class
    where TKey : notnull
{
    private readonly TimeSpan _begunAt = engine.Runtime.Now;
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private ManualResetValueTaskSourceCore<ReadResult<TEntity?>> _outcome = new() { RunContinuationsAsynchronously = engine.Runtime.WaitersGoOnElsewhere };
    private ReadAttempt _attempt;
    private TimeSpan _limit;
    private Race? _race;
    private int _running = 1;
    private int _isSettled;

    private TimeSpan Remaining => _begunAt + intent.Timeout - engine.Runtime.Now;

    private TimeSpan Slice => engine.Attempts.AttemptTimeout < Remaining ? engine.Attempts.AttemptTimeout : Remaining;

    private bool IsPlain =>
        intent.Only.IsUnspecified && !intent.Barrier && engine.Schema is not { IsOpen: false } && !engine.Monitor.IsDisposed && !CancellationToken.IsCancellationRequested;

    private ShardEngine Engine => engine;

    private ShardNode Node => _attempt.NodeOf(engine);

    /// <summary>Runs the read. Await the result once.</summary>
    public ValueTask<ReadResult<TEntity?>> RunAsync()
    {
        if (TryPlan(_begunAt))
        {
            return Begin();
        }

        return KnowsTooLittle(engine.Topology) ? RunWhenKnownAsync() : Thorough().RunAsync();
    }

    /// <summary>A client's first reads: they wait, and then go on as they would have gone later, because the thorough way is long to compile.</summary>
    private async ValueTask<ReadResult<TEntity?>> RunWhenKnownAsync()
    {
        while (IsPlain && Remaining > TimeSpan.Zero)
        {
            var replaced = engine.Board.ReplacedOf(engine.Shard.Index);
            if (!KnowsTooLittle(engine.Topology))
            {
                break;
            }

            await engine.Runtime.PauseAsync(replaced, Remaining, CancellationToken).ConfigureAwait(false);
        }

        return TryPlan(engine.Runtime.Now)
            ? await Begin().ConfigureAwait(false)
            : await Thorough().RunAsync().ConfigureAwait(false);
    }

    private bool KnowsTooLittle(ShardTopology topology) => IsPlain && intent.Level != ConsistencyLevel.Eventual && topology.History is null;

    private ValueTask<ReadResult<TEntity?>> Begin()
    {
        var store = (IEntityStore)Node.Store;
        Guard = _attempt.Guard(engine, intent);
        _limit = Slice;
        Due = _attempt.StartedAt + _attempt.UntilLook(_limit, TimeSpan.Zero);
        LateAt = engine.Hedging?.After(engine, _attempt.Plan) is { } after ? _attempt.StartedAt + after : TimeSpan.MaxValue;
        var reads = operation.ReadsAt(store);
        Node.Vitals.Began();
        reads.Begin(this);
        return new ValueTask<ReadResult<TEntity?>>(this, _outcome.Version);
    }

    /// <summary>The last candidate gets all that is left, slice by slice, unless the primary has changed meanwhile.</summary>
    public override TimeSpan More() =>
        _attempt.More(engine, Request(), _limit, engine.Runtime.Now) ?? (_attempt.IsLast && engine.HasSamePrimary(_attempt.Topology) ? Slice : TimeSpan.Zero);

    public override void Answered(in StoreRead<TEntity?> answer, bool mayGoOnHere)
    {
        bool isGood;
        try
        {
            isGood = TryTake(_attempt, answer, mayGoOnHere);
        }
        catch (Exception exception)
        {
            EndFirst(null, exception);
            return;
        }

        if (isGood)
        {
            Volatile.Read(ref _race)?.Second.LeaveUnsent();
        }
        else
        {
            EndFirst(answer, null);
        }
    }

    public override void Failed(Exception error)
    {
        Node.Vitals.Ended();
        EndFirst(null, error);
    }

    ReadResult<TEntity?> IValueTaskSource<ReadResult<TEntity?>>.GetResult(short token) => _outcome.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult<TEntity?>>.GetStatus(short token) => _outcome.GetStatus(token);

    void IValueTaskSource<ReadResult<TEntity?>>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _outcome.OnCompleted(continuation, state, token, flags);

    /// <summary>Whether somebody can be asked right now, and nothing needs to be looked at before.</summary>
    private bool TryPlan(TimeSpan now)
    {
        if (!IsPlain)
        {
            return false;
        }

        var topology = engine.Topology;
        var requirement = Requirement.None;
        if (intent.Level != ConsistencyLevel.Eventual && !TryRequire(topology, out requirement))
        {
            return false;
        }

        var plan = RoutePlanner.Plan(engine.Routing, engine.Shard, topology, Request(), requirement, now, (uint)engine.Runtime.NextRandom(int.MaxValue));
        _attempt = new ReadAttempt(plan, topology, requirement, now);
        return plan.Count > 0 && plan.Wait <= TimeSpan.Zero;
    }

    private RouteRequest Request() => new(intent.Level, intent.MaxStaleness, intent.Only, default, default, _begunAt, intent.Nodes, intent.Labels);

    private bool TryRequire(ShardTopology topology, out Requirement requirement)
    {
        requirement = default;
        var shard = engine.Shard.Definition.Id;
        if (topology.History is not { } history || session.Unsettled(shard).Count > 0)
        {
            return false;
        }

        try
        {
            requirement = session.RequirementFor(shard, history, session.HasBlindWrites(shard) ? operation.KeyHash : null);
            return true;
        }
        catch (Exception exception) when (exception is UnknownHistoryException or SessionHistoryLostException)
        {
            return false;
        }
    }

    /// <summary>Takes a good answer, the first of all that come; false if it isn't good.</summary>
    private bool TryTake(in ReadAttempt attempt, in StoreRead<TEntity?> answer, bool mayGoOnHere)
    {
        var now = engine.Runtime.Now;
        var node = attempt.NodeOf(engine);
        var vitals = node.Vitals;
        vitals.Ended();
        engine.Monitor.Worked(node);
        vitals.AnsweredWithin(now - attempt.StartedAt);
        if (attempt.Judge(answer.Stamp, intent.Level) != ReadVerdict.Good || attempt.Age(engine, answer.Stamp, now) is var age && IsTooOld(age))
        {
            return false;
        }

        if (!answer.Stamp.IsPrimary && answer.Stamp.Lo > vitals.Position && attempt.IsOurs(answer.Stamp))
        {
            engine.Shard.NotePosition(node, answer.Stamp.Lo, now);
        }

        if (TrySettle())
        {
            ReadResult<TEntity?> result;
            try
            {
                result = attempt.Accept(engine, session, intent.Level, showsRows: true, answer, age, RouteReason.None, _begunAt, now);
            }
            catch (Exception exception)
            {
                End(exception);
                return true;
            }

            // Where a second node was asked, there is something left to do behind this.
            End(result, mayGoOnHere && Volatile.Read(ref _race) is null);
        }

        return true;
    }

    /// <summary>Whoever gets true ends the execution, and nobody else.</summary>
    private bool TrySettle() => Interlocked.Exchange(ref _isSettled, 1) == 0;

    /// <summary>The first attempt wasn't good. If no other is on its way, the execution goes on from here.</summary>
    private void EndFirst(StoreRead<TEntity?>? answer, Exception? error)
    {
        if (Interlocked.CompareExchange(ref _running, 0, 1) != 1)
        {
            LeaveToSecond(answer, error);
        }
        else if (TrySettle())
        {
            GoOn(answer, error);
        }
    }

    private bool IsTooOld(TimeSpan? age) => intent.Level == ConsistencyLevel.BoundedStaleness && !(age <= intent.MaxStaleness);

    private ReadExecution<TOperation, TEntity?> Thorough() => new(engine, operation, session, intent, _begunAt, CancellationToken);

    /// <summary>The attempt wasn't enough, or failed: what is left to do is this caller's alone, wherever the attempt ended.</summary>
    private void GoOn(StoreRead<TEntity?>? answer, Exception? error)
    {
        if (_context is null)
        {
            _ = GoOnAsync(answer, error);
            return;
        }

        ExecutionContext.Run(
            _context,
            static state =>
            {
                var (read, answer, error) = ((PointExecution<TOperation, TEntity, TKey>, StoreRead<TEntity?>?, Exception?))state!;
                _ = read.GoOnAsync(answer, error);
            },
            (this, answer, error));
    }

    private async Task GoOnAsync(StoreRead<TEntity?>? answer, Exception? error)
    {
        ReadResult<TEntity?> result;
        try
        {
            result = await Thorough().GoOnAsync(_attempt, answer, error, _race?.Second.Endpoint).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            End(exception);
            return;
        }

        End(result, mayGoOnHere: false);
    }

    private void End(in ReadResult<TEntity?> result, bool mayGoOnHere)
    {
        if (engine.Runtime.WaitersGoOnElsewhere)
        {
            _outcome.RunContinuationsAsynchronously = !mayGoOnHere;
            _outcome.SetResult(result);
            return;
        }

        engine.Runtime.Complete(
            static state =>
            {
                var (read, result) = ((PointExecution<TOperation, TEntity, TKey>, ReadResult<TEntity?>))state!;
                read._outcome.SetResult(result);
            },
            (this, result));
    }

    private void End(Exception error) => engine.Runtime.Complete(
        static state =>
        {
            var (read, error) = ((PointExecution<TOperation, TEntity, TKey>, Exception))state!;
            read._outcome.SetException(error);
        },
        (this, error));
}
