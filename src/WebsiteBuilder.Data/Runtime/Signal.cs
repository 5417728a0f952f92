namespace WebsiteBuilder.Data.Runtime;

/// <summary>Wakes waiters again and again: each <see cref="Pulse"/> completes the task that waiters hold and puts a new one in its place.</summary>
internal sealed class Signal(EngineRuntime runtime)
{
    private TaskCompletionSource _next = runtime.NewCompletion();

    /// <summary>Completes at the next pulse. Take it before looking at what the pulse announces.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Pulse() => runtime.Complete(Interlocked.Exchange(ref _next, runtime.NewCompletion()));
}
