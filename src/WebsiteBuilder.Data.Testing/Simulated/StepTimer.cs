namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Lets a shard step again at the next instant at which a node has something to receive, to replay or to tell.</summary>
internal sealed class StepTimer(SimulatedShard shard)
{
    private ITimer? _timer;
    private TimeSpan _due = TimeSpan.MaxValue;

    /// <summary>Rings at an instant instead of the one that was set before; never at the largest. Called under the shard's lock.</summary>
    public void Set(TimeSpan next, TimeSpan now, TimeProvider time)
    {
        if (next == _due)
        {
            return;
        }

        _due = next;
        _timer ??= time.CreateTimer(static timer => ((StepTimer)timer!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(next == TimeSpan.MaxValue ? Timeout.InfiniteTimeSpan : next - now, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (shard.Lock)
        {
            _due = TimeSpan.MaxValue;
        }

        shard.Step();
    }
}
