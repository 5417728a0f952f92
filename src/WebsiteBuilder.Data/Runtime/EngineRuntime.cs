namespace WebsiteBuilder.Data.Runtime;

/// <summary>
/// The engine's seams: time, randomness, completions and background work. Nothing else in the engine touches the platform's own, so that
/// a simulator can put a virtual world in their place.
/// </summary>
internal class EngineRuntime
{
    private readonly Lock _randomLock = new();
    private readonly Random _random;
    private readonly long _origin;

    public EngineRuntime(TimeProvider time, Random random)
    {
        Time = time;
        _random = random;
        _origin = time.GetTimestamp();
    }

    public TimeProvider Time { get; }

    /// <summary>Monotonic time since this runtime was made.</summary>
    public TimeSpan Now => Time.GetElapsedTime(_origin);

    public virtual int NextRandom(int exclusiveEnd)
    {
        lock (_randomLock)
        {
            return _random.Next(exclusiveEnd);
        }
    }

    public virtual void FillRandom(Span<byte> bytes)
    {
        lock (_randomLock)
        {
            _random.NextBytes(bytes);
        }
    }

    /// <summary>A span between half and one and a half of the given one, so that many clients don't act in step.</summary>
    public TimeSpan Jitter(TimeSpan span) => span * ((500 + NextRandom(1_001)) / 1_000.0);

    /// <summary>
    /// Lets time pass. The platform's own delay cuts spans off to whole milliseconds, so that a loop of shorter pauses would spin, and
    /// continues on the thread pool when it is cancelled.
    /// </summary>
    public async Task Delay(TimeSpan delay, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (delay <= TimeSpan.Zero)
        {
            return;
        }

        var passed = NewCompletion();
        var timer = Time.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), passed, delay, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            await passed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Waits for a task that others may wait for too. Of several that await one task directly, the platform lets only one go on
    /// where the task is completed, and the others in the thread pool. Whoever gives up leaves nothing behind at the task, which may be there for days.
    /// </summary>
    public static async Task WaitAsync(Task shared, CancellationToken cancellationToken)
    {
        if (shared.IsCompleted)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        var gaveUp = new TaskCompletionSource();
        using (cancellationToken.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), gaveUp))
        {
            // Of two, the one that didn't complete is let go of; WaitAsync would keep hold of it.
            await Task.WhenAny(shared, gaveUp.Task).ConfigureAwait(false);
        }

        if (!shared.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Waits for a task, but not longer than this and not beyond cancellation, and doesn't say which of them it was.</summary>
    public async Task PauseAsync(Task until, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var delay = Delay(atMost, over.Token);
        await Task.WhenAny(until, delay).ConfigureAwait(false);
        await CancelAsync(over).ConfigureAwait(false);
        await delay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A completion that runs its waiters elsewhere than on the completing caller's stack.</summary>
    public virtual TaskCompletionSource NewCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes one of <see cref="NewCompletion"/>'s, maybe a little later.</summary>
    public virtual void Complete(TaskCompletionSource completion) => completion.TrySetResult();

    /// <summary>Whether what completes lets its waiters go on elsewhere by itself; if not, it is to be completed by <see cref="Complete(Action{object?}, object)"/>.</summary>
    public virtual bool WaitersGoOnElsewhere => true;

    /// <summary>Completes something whose waiters would otherwise go on on the caller's stack, maybe a little later.</summary>
    public virtual void Complete(Action<object?> completion, object state) => completion(state);

    /// <summary>Lets others that are ready go first.</summary>
    public virtual async Task YieldAsync() => await Task.Yield();

    /// <summary>Cancels without running the callbacks on the caller's stack. (The platform's own way goes through the thread pool.)</summary>
    public virtual Task CancelAsync(CancellationTokenSource source) => source.CancelAsync();

    /// <summary>
    /// Cancels work that may be at a server, on a thread of its own: the driver's callback connects to the server and blocks for as long as that takes. Many callers
    /// that run out of time together would otherwise hold up whoever asks next.
    /// </summary>
    public virtual Task CancelWorkAsync(CancellationTokenSource source) => Task.Factory.StartNew(
        static source => ((CancellationTokenSource)source!).Cancel(), source, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Starts background work. The work observes its own failures.</summary>
    public virtual Task Start(Func<Task> work) => Task.Run(work);

    /// <summary>
    /// Gives work a time limit that holds even if the work doesn't notice its cancellation. Work that is left behind is cancelled and
    /// observed.
    /// </summary>
    /// <remarks>The limit counts whole milliseconds, begun ones included.</remarks>
    /// <exception cref="TimeoutException">The limit passed.</exception>
    public Task<T> WithinAsync<T, TState>(
        TimeSpan limit, TState state, Func<TState, CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        WithinAsync(limit, state, work, static _ => TimeSpan.Zero, cancellationToken);

    /// <param name="limit">What it gets at once.</param>
    /// <param name="state">Given to both functions.</param>
    /// <param name="work">The work.</param>
    /// <param name="more">Asked whenever the time has passed: what the work gets beyond it, zero for nothing.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <inheritdoc cref="WithinAsync{T, TState}(TimeSpan, TState, Func{TState, CancellationToken, Task{T}}, CancellationToken)"/>
    public async Task<T> WithinAsync<T, TState>(
        TimeSpan limit,
        TState state,
        Func<TState, CancellationToken, Task<T>> work,
        Func<TState, TimeSpan> more,
        CancellationToken cancellationToken)
    {
        var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var task = work(state, stop.Token);
        try
        {
            while (true)
            {
                try
                {
                    return await task.WaitAsync(TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(limit.TotalMilliseconds))), Time, cancellationToken).ConfigureAwait(false);
                }
                catch (TimeoutException) when (!task.IsCompleted && more(state) is var extended && extended > TimeSpan.Zero)
                {
                    limit = extended;
                }
            }
        }
        finally
        {
            if (task.IsCompleted)
            {
                stop.Dispose();
            }
            else
            {
                LeaveBehind(task, stop);
            }
        }
    }

    /// <summary>Cancels work that nobody waits for any more, observes it, and disposes the source when it has ended.</summary>
    public void LeaveBehind(Task task, CancellationTokenSource stop) =>
        _ = Start(async () =>
        {
            await CancelWorkAsync(stop).ConfigureAwait(false);
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.Dispose();
        });
}
