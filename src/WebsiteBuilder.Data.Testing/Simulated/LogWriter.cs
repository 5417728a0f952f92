namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>Flushes a primary's log some time after a write that didn't wait for the disk, as a server's background writer does.</summary>
internal sealed class LogWriter(SimulatedShard shard, SimulatedNode node)
{
    private ITimer? _timer;
    private bool _isDue;
    private bool _waitsForHang;

    /// <summary>Flushes by then.</summary>
    public void FlushLater(TimeSpan delay, TimeProvider time)
    {
        if (delay <= TimeSpan.Zero)
        {
            node.Log.Flush(shard.Now);
            return;
        }

        if (!_isDue)
        {
            _isDue = true;
            _timer ??= time.CreateTimer(static writer => ((LogWriter)writer!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Does what fell due during a hang.</summary>
    public void GoOn()
    {
        if (_waitsForHang && node.IsPrimary)
        {
            node.Log.Flush(shard.Now);
        }

        _waitsForHang = false;
    }

    private void OnTimer() => shard.Change(() =>
    {
        _isDue = false;
        if (node.IsPrimary && node.IsRunning)
        {
            node.Log.Flush(shard.Now);
        }
        else if (node.IsPrimary && node.IsUp)
        {
            _waitsForHang = true;
        }
    });
}
