using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Health;

/// <summary>
/// Rounds of the same work for whoever asks. Callers that overlap share a round, but never one that had begun before: its answers may be older than what the caller knows.
/// Thread-safe.
/// </summary>
internal sealed class SharedRounds(Func<Task> round, CancellationToken stopping)
{
    private readonly Lock _lock = new();
    private Task _current = Task.CompletedTask;
    private Task? _next;

    /// <summary>Completes when a round that begins from now on has ended.</summary>
    public Task RunAsync()
    {
        lock (_lock)
        {
            if (_current.IsCompleted)
            {
                return _current = round();
            }

            return _next ??= RunAfterAsync(_current);
        }
    }

    private async Task RunAfterAsync(Task before)
    {
        await EngineRuntime.WaitAsync(before, stopping).ConfigureAwait(false);
        Task next;
        lock (_lock)
        {
            _next = null;
            _current = next = round();
        }

        await EngineRuntime.WaitAsync(next, stopping).ConfigureAwait(false);
    }
}
