namespace WebsiteBuilder.Data.Sessions;

/// <summary>
/// What one open connection may have shown and its session's floors don't cover yet. A connection shows rows one by one, and asking the node
/// behind each would cost a round trip each; so the session remembers who showed something, and somebody asks before it matters. Thread-safe.
/// </summary>
internal sealed class Exposure(ShardId shard, HistoryId history, int endpoint)
{
    private long _shown;
    private long _settled;
    private int _reading;

    public ShardId Shard { get; } = shard;

    /// <summary>The history that the node was on when the connection was opened; none if it couldn't say.</summary>
    public HistoryId History { get; } = history;

    /// <summary>The node's index.</summary>
    public int Endpoint { get; } = endpoint;

    /// <summary>While a reader is open, more may be shown at any moment.</summary>
    public bool IsUnsettled => Volatile.Read(ref _reading) > 0 || Volatile.Read(ref _shown) > Volatile.Read(ref _settled);

    /// <summary>Take it before the node is asked: what is shown afterwards isn't covered by the answer.</summary>
    public long Mark => Volatile.Read(ref _shown);

    public void Show() => Interlocked.Increment(ref _shown);

    public void BeginReading()
    {
        Interlocked.Increment(ref _reading);
        Show();
    }

    public void EndReading()
    {
        Show();
        Interlocked.Decrement(ref _reading);
    }

    public void SettledUpTo(long mark)
    {
        for (var settled = Volatile.Read(ref _settled); settled < mark;)
        {
            settled = Interlocked.CompareExchange(ref _settled, mark, settled) is var found && found == settled ? mark : found;
        }
    }
}
