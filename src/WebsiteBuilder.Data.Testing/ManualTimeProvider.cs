namespace WebsiteBuilder.Data.Testing;

/// <summary>
/// A clock that stands still until it is advanced. Everything that takes a <see cref="TimeProvider"/> runs on it: <c>Task.Delay</c>,
/// <c>Task.WaitAsync</c>, <see cref="CancellationTokenSource"/> with a delay, <see cref="PeriodicTimer"/>, and timers made here.
/// </summary>
/// <remarks>
/// <para>Timers fire on the thread that advances the time, one after the other: the one that is due first, and of those due at one instant
/// the one that was set first. While a timer fires, the clock shows the instant at which it was due, no <see cref="SynchronizationContext"/>
/// is current, and no lock is held: a callback may set timers, which fire in the same advance if they are due within it, and may advance the
/// time itself. What awaits a timer continues on the same thread, unless whoever completes it asked for the thread pool.</para>
/// <para>Time never goes backwards; only the calendar may jump, see <see cref="JumpUtcNow"/>. Thread-safe; where several threads advance at once, each timer fires once and on one of them.</para>
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    /// <summary>Of timers that are due at one instant, those that were set as timers fire in the order in which they were set.</summary>
    internal const int UsualRank = 1 << 15;

    private readonly Lock _lock = new();
    private readonly SortedSet<ManualTimer> _due = new(ManualTimer.ByDueTime);
    private readonly DateTimeOffset _start;
    private long _now;
    private long _jumped;
    private long _order;

    /// <summary>Makes a clock that shows 2000-01-01T00:00:00Z.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>Makes a clock.</summary>
    /// <param name="start">What it shows first.</param>
    public ManualTimeProvider(DateTimeOffset start) => _start = start;

    /// <summary>How far the time has been advanced in all. Jumps of the calendar don't count.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(Volatile.Read(ref _now));

    /// <summary>How many timers are set.</summary>
    public int TimerCount
    {
        get
        {
            lock (_lock)
            {
                return _due.Count;
            }
        }
    }

    /// <summary>Always UTC.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Ten million: timestamps count 100 ns.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start.ToUniversalTime() + TimeSpan.FromTicks(Volatile.Read(ref _now) + Volatile.Read(ref _jumped));

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _now);

    /// <inheritdoc/>
    /// <remarks>The callback runs on the thread that advances the time, in the execution context that made the timer. A due time of zero means the next advance, even one by zero.</remarks>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Advances the time and fires all timers that become due on the way.</summary>
    /// <param name="delta">By how much; zero fires what is due already.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    public void Advance(TimeSpan delta)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delta, TimeSpan.Zero);
        AdvanceTo(Volatile.Read(ref _now) + delta.Ticks);
    }

    /// <summary>
    /// Sets the calendar forward or, with a negative span, back, as an operator or a time server does: what <see cref="GetUtcNow"/> shows jumps. Timestamps,
    /// <see cref="Elapsed"/> and timers don't: spans that are measured or waited for stay what they are.
    /// </summary>
    /// <param name="by">By how much. Jumps add up.</param>
    /// <exception cref="ArgumentOutOfRangeException">The calendar would leave the years 1 to 9999.</exception>
    public void JumpUtcNow(TimeSpan by)
    {
        lock (_lock)
        {
            // Throws if there is no such day.
            _ = _start.ToUniversalTime() + TimeSpan.FromTicks(checked(_now + _jumped)) + by;
            Volatile.Write(ref _jumped, _jumped + by.Ticks);
        }
    }

    /// <summary>Advances the time to the instant at which the next timer is due, and fires all timers that are due then.</summary>
    /// <returns>False if no timer is set; the time then stays.</returns>
    public bool AdvanceToNextTimer()
    {
        long next;
        lock (_lock)
        {
            if (_due.Min is not { } timer)
            {
                return false;
            }

            next = timer.Due;
        }

        AdvanceTo(next);
        return true;
    }

    /// <summary>Fires timers, one at a time and advancing to each, until a task has completed. Doesn't throw what the task threw.</summary>
    /// <param name="task">The task.</param>
    /// <param name="limit">The most time to pass. Default: one hour of the clock's time.</param>
    /// <exception cref="TimeoutException">The task hasn't completed when the limit has passed, or no timer is left that could complete it.</exception>
    public void RunUntilCompleted(Task task, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        var end = Volatile.Read(ref _now) + (limit ?? TimeSpan.FromHours(1)).Ticks;
        while (!task.IsCompleted)
        {
            if (!FireNext(end))
            {
                throw new TimeoutException(TimerCount == 0
                    ? "No timer is left, and the task hasn't completed: it waits for something else than time."
                    : "The task hasn't completed within the limit of the clock's time.");
            }
        }
    }

    /// <summary>Fires timers until a task has completed.</summary>
    /// <returns>The task's result; what it threw is thrown.</returns>
    /// <inheritdoc cref="RunUntilCompleted(Task, TimeSpan?)"/>
    public T Run<T>(Task<T> task, TimeSpan? limit = null)
    {
        RunUntilCompleted(task, limit);
#pragma warning disable VSTHRD002 // It has completed.
        return task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    /// <summary>Fires timers until a task has completed. What it threw is thrown.</summary>
    /// <inheritdoc cref="RunUntilCompleted(Task, TimeSpan?)"/>
    public void Run(Task task, TimeSpan? limit = null)
    {
        RunUntilCompleted(task, limit);
#pragma warning disable VSTHRD002 // It has completed.
        task.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
    }

    /// <summary>
    /// Starts something and fires timers until it has completed. It starts without a <see cref="SynchronizationContext"/>, so that code that awaits with one, as
    /// applications do, continues on this thread too, whatever context the test runner installed.
    /// </summary>
    /// <param name="start">Starts it, right away.</param>
    /// <param name="limit">The most time to pass. Default: one hour of the clock's time.</param>
    /// <returns>The task's result; what it threw is thrown.</returns>
    /// <exception cref="TimeoutException">The task hasn't completed when the limit has passed, or no timer is left that could complete it.</exception>
    public T Run<T>(Func<Task<T>> start, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        return Run(WithoutContext(start), limit);
    }

    /// <inheritdoc cref="Run{T}(Func{Task{T}}, TimeSpan?)"/>
    public void Run(Func<Task> start, TimeSpan? limit = null)
    {
        ArgumentNullException.ThrowIfNull(start);
        Run(WithoutContext(start), limit);
    }

    /// <summary>
    /// Fires once, at this instant, before or after others that are due now, as the rank decides: 0 up to twice <see cref="UsualRank"/>. Work that was started
    /// together so runs in another order each time.
    /// </summary>
    internal void Post(TimerCallback callback, object state, int rank)
    {
        var timer = new ManualTimer(this, callback, state);
        lock (_lock)
        {
            Enqueue(timer, _now, rank);
        }
    }

    internal void Set(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _due.Remove(timer);
            timer.Period = period > TimeSpan.Zero ? period.Ticks : 0;
            if (dueTime >= TimeSpan.Zero)
            {
                Enqueue(timer, _now + dueTime.Ticks);
            }
        }
    }

    internal void Remove(ManualTimer timer)
    {
        lock (_lock)
        {
            timer.Period = 0;
            _due.Remove(timer);
        }
    }

    private void AdvanceTo(long target)
    {
        while (FireNext(target))
        {
        }

        lock (_lock)
        {
            _now = Math.Max(_now, target);
        }
    }

    private bool FireNext(long latest)
    {
        ManualTimer timer;
        lock (_lock)
        {
            if (_due.Min is not { } next || next.Due > latest)
            {
                return false;
            }

            timer = next;
            _due.Remove(timer);
            _now = Math.Max(_now, timer.Due);
            if (timer.Period > 0)
            {
                Enqueue(timer, timer.Due + timer.Period);
            }
        }

        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            timer.Fire();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        return true;
    }

    private static T WithoutContext<T>(Func<T> start)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return start();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void Enqueue(ManualTimer timer, long due, int rank = UsualRank)
    {
        timer.Due = due;
        timer.Order = ((long)rank << 40) + _order++;
        _due.Add(timer);
    }
}
