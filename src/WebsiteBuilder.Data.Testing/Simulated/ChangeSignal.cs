using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Lets whoever looked at a shard in vain look again after its next change.</summary>
internal sealed class ChangeSignal(EngineRuntime runtime)
{
    private List<TaskCompletionSource> _waiters = [];

    /// <summary>Completes at the next change, for one waiter. Called under the shard's lock, after looking.</summary>
    public Task Next()
    {
        var waiter = runtime.NewCompletion();
        _waiters.Add(waiter);
        return waiter.Task;
    }

    /// <summary>Those who wait. Called under the shard's lock.</summary>
    public IReadOnlyList<TaskCompletionSource> TakeWaiters()
    {
        if (_waiters.Count == 0)
        {
            return [];
        }

        var waiters = _waiters;
        _waiters = [];
        return waiters;
    }

    /// <summary>Tells them, outside of the lock.</summary>
    public void Complete(IReadOnlyList<TaskCompletionSource> waiters)
    {
        foreach (var waiter in waiters)
        {
            runtime.Complete(waiter);
        }
    }
}
