namespace WebsiteBuilder.Data.Runtime;

/// <summary>
/// One timer for many times: it is set to the earliest that somebody asked for, and whoever is woken asks for the next. Carries nobody's context. Thread-safe.
/// </summary>
internal sealed class WakeTimer
{
    private readonly Lock _lock = new();
    private readonly EngineRuntime _runtime;
    private readonly Action _wake;
    private readonly ITimer _timer;
    private TimeSpan _at = TimeSpan.MaxValue;

    public WakeTimer(EngineRuntime runtime, Action wake)
    {
        (_runtime, _wake) = (runtime, wake);
        using (SharedWork.Begin())
        {
            _timer = runtime.Time.CreateTimer(static timer => ((WakeTimer)timer!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Wakes at that time, or a part of a millisecond later, unless it does earlier; the highest value for never.</summary>
    public void WakeAt(TimeSpan at)
    {
        lock (_lock)
        {
            if (at < _at)
            {
                _at = at;
                var left = at - _runtime.Now;
                _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, left.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Wake()
    {
        lock (_lock)
        {
            _at = TimeSpan.MaxValue;
        }

        _wake();
    }
}
