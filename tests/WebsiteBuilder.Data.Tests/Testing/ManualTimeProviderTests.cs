using WebsiteBuilder.Data.Testing;

namespace WebsiteBuilder.Data.Tests.Testing;

public class ManualTimeProviderTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly ManualTimeProvider _time = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void Stands_still_until_it_is_advanced()
    {
        var start = _time.GetUtcNow();
        var stamp = _time.GetTimestamp();

        _time.Advance(Second);

        Assert.Equal(start + Second, _time.GetUtcNow());
        Assert.Equal(Second, _time.GetElapsedTime(stamp));
        Assert.Equal(Second, _time.Elapsed);
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.Advance(-Second));
    }

    [Fact]
    public void The_calendar_jumps_and_nothing_else_does()
    {
        var (start, stamp) = (_time.GetUtcNow(), _time.GetTimestamp());
        Timer("on time", Second);

        _time.JumpUtcNow(TimeSpan.FromDays(-400));
        Assert.Equal(start - TimeSpan.FromDays(400), _time.GetUtcNow());
        Assert.Equal(stamp, _time.GetTimestamp());
        Assert.Empty(_fired);

        _time.JumpUtcNow(TimeSpan.FromDays(800));
        _time.Advance(Second);
        Assert.Equal(start + TimeSpan.FromDays(400) + Second, _time.GetUtcNow());
        Assert.Equal(Second, _time.GetElapsedTime(stamp));
        Assert.Equal(Second, _time.Elapsed);
        Assert.Equal(["on time@1"], _fired);
        Assert.Throws<ArgumentOutOfRangeException>(() => _time.JumpUtcNow(TimeSpan.FromDays(-800_000)));
    }

    [Fact]
    public void Fires_in_the_order_of_due_times_then_of_setting()
    {
        Timer("late", 3 * Second);
        Timer("early", Second);
        Timer("early too", Second);

        _time.Advance(2 * Second);
        Assert.Equal(["early@1", "early too@1"], _fired);

        _time.Advance(Second);
        Assert.Equal(["early@1", "early too@1", "late@3"], _fired);
        Assert.Equal(0, _time.TimerCount);
    }

    [Fact]
    public void Fires_what_a_callback_sets_in_the_same_advance()
    {
        _time.CreateTimer(_ => Timer("second", Second), null, Second, Timeout.InfiniteTimeSpan);

        _time.Advance(5 * Second);

        Assert.Equal(["second@2"], _fired);
        Assert.Equal(5 * Second, _time.Elapsed);
    }

    [Fact]
    public void Periods_fire_again_until_disposed_or_changed()
    {
        var timer = Timer("tick", Second, Second);
        _time.Advance(2.5 * Second);
        Assert.Equal(["tick@1", "tick@2"], _fired);

        Assert.True(timer.Change(2 * Second, Timeout.InfiniteTimeSpan));
        _time.Advance(10 * Second);
        Assert.Equal(["tick@1", "tick@2", "tick@4.5"], _fired);

        timer.Dispose();
        Assert.False(timer.Change(Second, Second));
        Assert.Equal(0, _time.TimerCount);
    }

    [Fact]
    public void Advances_to_the_next_timer()
    {
        Timer("one", Second);
        Timer("same instant", Second);
        Timer("two", 2 * Second);

        Assert.True(_time.AdvanceToNextTimer());
        Assert.Equal(["one@1", "same instant@1"], _fired);
        Assert.True(_time.AdvanceToNextTimer());
        Assert.False(_time.AdvanceToNextTimer());
        Assert.Equal(2 * Second, _time.Elapsed);
    }

    [Fact]
    public void A_due_time_of_zero_fires_at_the_next_advance_only()
    {
        Timer("now", TimeSpan.Zero);
        Assert.Empty(_fired);

        _time.Advance(TimeSpan.Zero);
        Assert.Equal(["now@0"], _fired);
    }

    [Fact]
    public void Delays_waits_cancellations_and_periodic_timers_run_on_it()
    {
        var delay = Task.Delay(Second, _time);
        var wait = new TaskCompletionSource().Task.WaitAsync(2 * Second, _time);
        using var source = new CancellationTokenSource(3 * Second, _time);
        using var periodic = new PeriodicTimer(Second, _time);
        var tick = periodic.WaitForNextTickAsync(CancellationToken.None).AsTask();

        _time.Advance(Second);
        Assert.True(delay.IsCompletedSuccessfully);
        Assert.True(_time.Run(tick));
        Assert.False(wait.IsCompleted);

        _time.Advance(Second);
        Assert.IsType<TimeoutException>(wait.Exception?.InnerException);
        Assert.False(source.IsCancellationRequested);

        _time.Advance(Second);
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public void Continuations_run_on_the_advancing_thread_without_a_context()
    {
        var before = SynchronizationContext.Current;
        var here = Environment.CurrentManagedThreadId;

        var (thread, context) = _time.Run(AfterDelayAsync());

        Assert.Equal(here, thread);
        Assert.Null(context);
        Assert.Same(before, SynchronizationContext.Current);

        async Task<(int, SynchronizationContext?)> AfterDelayAsync()
        {
            await Task.Delay(Second, _time).ConfigureAwait(false);
            return (Environment.CurrentManagedThreadId, SynchronizationContext.Current);
        }
    }

    [Fact]
    public void Running_a_task_stops_at_its_completion_and_throws_what_it_threw()
    {
        var task = Task.Delay(Second, _time);
        Timer("later", 2 * Second);

        _time.Run(task);

        Assert.Equal(Second, _time.Elapsed);
        Assert.Throws<InvalidOperationException>(() => _time.Run(Task.FromException(new InvalidOperationException())));
    }

    [Fact]
    public void Running_a_task_that_nothing_completes_ends_with_an_error()
    {
        var never = new TaskCompletionSource().Task;
        Assert.Throws<TimeoutException>(() => _time.Run(never));

        Timer("again and again", Second, Second);
        Assert.Throws<TimeoutException>(() => _time.Run(never, 10 * Second));
        Assert.Equal(10, _fired.Count);
    }

    [Fact]
    public void An_advance_inside_a_callback_goes_on_from_there()
    {
        _time.CreateTimer(_ => _time.Advance(3 * Second), null, Second, Timeout.InfiniteTimeSpan);
        Timer("between", 2 * Second);

        _time.Advance(2 * Second);

        Assert.Equal(["between@2"], _fired);
        Assert.Equal(4 * Second, _time.Elapsed);
    }

    [Fact]
    public async Task Several_threads_may_advance_and_set_timers()
    {
        var fired = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                _time.CreateTimer(_ => Interlocked.Increment(ref fired), null, TimeSpan.FromTicks(i % 7), Timeout.InfiniteTimeSpan);
                _time.Advance(TimeSpan.FromTicks(3));
            }
        })));
        _time.Advance(Second);

        Assert.Equal(4_000, fired);
        Assert.Equal(0, _time.TimerCount);
    }

    private ITimer Timer(string name, TimeSpan due, TimeSpan? period = null) =>
        _time.CreateTimer(_ => _fired.Add($"{name}@{_time.Elapsed.TotalSeconds}"), null, due, period ?? Timeout.InfiniteTimeSpan);
}
