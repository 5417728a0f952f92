namespace WebsiteBuilder.Data.Samples.Quickstart;

/// <summary>Prints each step when it is done, with the time that it took. Steps follow one another; thread-safe.</summary>
internal sealed class Steps(Screen screen, TimeProvider time, Action<string> inPassing)
{
    private readonly Lock _lock = new();
    private string? _current;
    private long _startedAt;

    /// <summary>Ends the step before, if there is one, and begins the next.</summary>
    public void Begin(string step)
    {
        lock (_lock)
        {
            End();
            _current = step;
            _startedAt = time.GetTimestamp();
            inPassing(step);
        }
    }

    public void End()
    {
        lock (_lock)
        {
            if (_current is not null)
            {
                screen.Done(_current, time.GetElapsedTime(_startedAt));
                _current = null;
            }
        }
    }
}
