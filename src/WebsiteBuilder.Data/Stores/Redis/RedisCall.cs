using System.Threading.Tasks.Sources;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// One command on its way, and the task that its caller awaits. It stays one and the same over redirections. Made once and used again: see
/// <see cref="CallPool"/>.
/// </summary>
/// <remarks>
/// Somebody completes it (reply, fault, deadline, cancellation; the first one wins); then it is delivered on the thread pool, or by
/// <see cref="Deliveries"/> if the pool is starved, so that no caller's code runs on a connection's thread. It is used again when both the
/// channel (which must still match a late reply to it) and the caller are done with it; <c>_state</c> holds a number that tells uses apart.
/// </remarks>
internal sealed class RedisCall : IValueTaskSource<RedisReply>, IThreadPoolWorkItem
{
    private const long Pending = 0;
    private const long Completing = 1;
    private const long Completed = 2;
    private const long Delivered = 3;
    private const long StateMask = 3;
    private const long NextUse = 4;

    private readonly CallPool _pool;
    private ManualResetValueTaskSourceCore<RedisReply> _core;
    private CancellationTokenRegistration _registration;
    private RedisReply _reply;
    private Exception? _error;
    private long _state = Delivered;
    private int _owners;

    public RedisCall(CallPool pool) => _pool = pool;

    public RedisCommand Command { get; private set; }

    public RedisTarget Target { get; private set; }

    public int Slot { get; private set; }

    /// <summary>A timestamp.</summary>
    public long Deadline { get; private set; }

    /// <summary>When it began; a timestamp.</summary>
    public long Started { get; private set; }

    /// <summary>When it was completed; a timestamp.</summary>
    public long CompletedAt { get; private set; }

    /// <summary>Sees the reply on the connection's own thread, before the caller does. Must not block.</summary>
    public Action<RedisReply>? Watcher { get; private set; }

    /// <summary>Where in the connection's stream of commands it starts.</summary>
    public long Position { get; set; }

    public int Bytes { get; set; }

    public int Redirections { get; set; }

    public bool Asking { get; set; }

    public bool ScriptAsText { get; set; }

    /// <summary>Whether errors that ask for another node are given to the caller as they are.</summary>
    public bool StaysHere { get; private set; }

    public bool IsPending => (Volatile.Read(ref _state) & StateMask) == Pending;

    public bool IsUndelivered => (Volatile.Read(ref _state) & StateMask) == Completed;

    public ValueTask<RedisReply> Task => new(this, _core.Version);

    public WriteDisposition IfWritten => Command.Access == RedisAccess.Read ? WriteDisposition.NotApplied : WriteDisposition.Ambiguous;

    public void Begin(RedisCommand command, RedisTarget target, int slot, long started, long deadline, bool staysHere, Action<RedisReply>? watcher)
    {
        (Command, Target, Slot, Started, Deadline, StaysHere, Watcher) = (command, target, slot, started, deadline, staysHere, watcher);
        _owners = 2;
        Volatile.Write(ref _state, (_state & ~StateMask) + NextUse);
    }

    /// <summary>The replica can't answer, and needn't.</summary>
    public void TurnToPrimary() => Target = RedisTarget.Primary;

    public void CancelWith(CancellationToken token)
    {
        if (token.CanBeCanceled)
        {
            _registration = token.UnsafeRegister(static (call, token) => ((RedisCall)call!).TryFail(new OperationCanceledException(token)), this);
        }
    }

    public bool TryAnswer(in RedisReply reply)
    {
        if (!TryClaim(Volatile.Read(ref _state)))
        {
            return false;
        }

        _reply = reply;
        Deliver();
        return true;
    }

    /// <summary>Answers, and runs the caller's code on this thread. The channel is done with it.</summary>
    public void AnswerHere(in RedisReply reply)
    {
        var claimed = TryClaim(Volatile.Read(ref _state));
        if (claimed)
        {
            _reply = reply;
            Volatile.Write(ref _state, (_state & ~StateMask) | Completed);
        }

        // Before the caller runs, so that his next command finds it free; until he has the answer it is his.
        Release();
        if (claimed)
        {
            TryDeliver();
        }
    }

    public bool TryFail(Exception error)
    {
        if (!TryClaim(Volatile.Read(ref _state)))
        {
            return false;
        }

        _error = error;
        Deliver();
        return true;
    }

    /// <summary>Fails if the time has passed; says when it will.</summary>
    public long CheckTime(long now, bool written)
    {
        // In this order: a deadline that is read after the state may be the next use's, and then belongs to that.
        var state = Volatile.Read(ref _state);
        var deadline = Deadline;
        if ((state & StateMask) != Pending)
        {
            return long.MaxValue;
        }

        if (now < deadline)
        {
            return deadline;
        }

        var disposition = written ? IfWritten : WriteDisposition.NotApplied;
        if (TryClaim(state))
        {
            _error = new RedisFaultException(RedisFaultKind.Timeout, disposition, "Redis didn't answer in time.");
            Deliver();
        }

        return long.MaxValue;
    }

    /// <summary>The channel is done with it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            _registration = default;
            (_reply, _error, Command, Watcher) = (default, null, default, null);
            (Redirections, Asking, ScriptAsText, Position, Bytes) = (0, false, false, 0, 0);
            _core.Reset();
            _pool.Return(this);
        }
    }

    void IThreadPoolWorkItem.Execute() => TryDeliver();

    public void TryDeliver()
    {
        var state = Volatile.Read(ref _state);
        if ((state & StateMask) != Completed || Interlocked.CompareExchange(ref _state, (state & ~StateMask) | Delivered, state) != state)
        {
            return;
        }

        if (_error is { } error)
        {
            _core.SetException(error);
        }
        else
        {
            _core.SetResult(_reply);
        }
    }

    RedisReply IValueTaskSource<RedisReply>.GetResult(short token)
    {
        // Waits for a callback that is running: it must not meet the next use.
        _registration.Dispose();
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<RedisReply>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<RedisReply>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private bool TryClaim(long state) =>
        (state & StateMask) == Pending && Interlocked.CompareExchange(ref _state, state | Completing, state) == state;

    private void Deliver()
    {
        CompletedAt = _pool.Deliveries.Now;
        var state = (_state & ~StateMask) | Completed;
        Volatile.Write(ref _state, state);
        _pool.Deliveries.Deliver(this);
    }
}
