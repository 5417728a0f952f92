using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Failover;

/// <summary>Lets one go after the other, in the order in which they came. Thread-safe.</summary>
internal sealed class Turns
{
    private readonly Lock _lock = new();
    private Task _last = Task.CompletedTask;

    public bool IsBusy => !Volatile.Read(ref _last).IsCompleted;

    /// <summary>Completes, and never fails, when all who came so far have ended.</summary>
    public Task Ended => EngineRuntime.WaitAsync(Volatile.Read(ref _last), CancellationToken.None);

    public Task<T> TakeAsync<T>(Func<Task<T>> work)
    {
        lock (_lock)
        {
            var run = AfterAsync(_last, work);
            Volatile.Write(ref _last, run);
            return run;
        }
    }

    private static async Task<T> AfterAsync<T>(Task before, Func<Task<T>> work)
    {
        if (!before.IsCompleted)
        {
            await EngineRuntime.WaitAsync(before, CancellationToken.None).ConfigureAwait(false);
        }

        return await work().ConfigureAwait(false);
    }
}
