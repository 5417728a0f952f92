namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>The newest position that one client has had proven to be visible at a primary. A proof is made only where one is asked for. Thread-safe.</summary>
internal sealed class PrimaryProof
{
    private readonly Lock _lock = new();
    private HistoryId _history;
    private ulong _proven;

    public ulong Renew(HistoryId history, bool prove, ulong visible)
    {
        lock (_lock)
        {
            if (history != _history)
            {
                _history = history;
                _proven = 0;
            }

            if (prove)
            {
                _proven = Math.Max(_proven, visible);
            }

            return _proven;
        }
    }
}
