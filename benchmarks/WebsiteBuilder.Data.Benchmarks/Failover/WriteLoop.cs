using Npgsql;

namespace WebsiteBuilder.Data.Benchmarks.Failover;

/// <summary>Writes one row after the other, and again when it failed, until it is disposed.</summary>
internal sealed class WriteLoop : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly Func<long, CancellationToken, Task> _write;
    private readonly Task _working;
    private long _killedAt = long.MaxValue;
    private long _firstAt;
    private int _acknowledged;

    public WriteLoop(Func<long, CancellationToken, Task> write)
    {
        _write = write;
        _working = Task.Run(WorkAsync);
    }

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>When the first write was acknowledged that was begun after the kill; null if none was yet.</summary>
    public long? FirstAt => Volatile.Read(ref _firstAt) is > 0 and var at ? at : null;

    public void KilledAt(long timestamp) => Volatile.Write(ref _killedAt, timestamp);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _working;
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        for (var id = 0L; !_stop.IsCancellationRequested; id++)
        {
            var begun = TimeProvider.System.GetTimestamp();
            try
            {
                await _write(id, _stop.Token);
                Interlocked.Increment(ref _acknowledged);
                if (begun > Volatile.Read(ref _killedAt))
                {
                    Interlocked.CompareExchange(ref _firstAt, TimeProvider.System.GetTimestamp(), 0);
                }
            }
            catch (Exception exception) when (exception is DataTierException or NpgsqlException or TimeoutException or OperationCanceledException)
            {
                // The next one tells.
            }

            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
