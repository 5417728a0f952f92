namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>What a synchronous standby reports to its source, on its way there: each report says all, so of those that are held up only the last counts.</summary>
internal sealed class Acknowledgements(SimulatedNetwork network, Dice dice)
{
    private readonly Queue<Report> _underWay = new();
    private ulong _sentReceived;
    private ulong _sentReplayed;
    private bool _isDue;

    private readonly record struct Report(ulong Received, ulong Replayed, TimeSpan ArrivesAt);

    /// <summary>What the source knows to be received, and flushed, here.</summary>
    public ulong Received { get; private set; }

    /// <summary>What the source knows to be visible here.</summary>
    public ulong Replayed { get; private set; }

    /// <summary>Sends a report if there is news, and lets those arrive that have had the time.</summary>
    /// <returns>When the next one arrives; null when there is none, or something keeps it for now.</returns>
    public TimeSpan? Run(SimulatedNode node, SimulatedNode source, TimeSpan now)
    {
        var replay = node.Replay;
        var link = network.Between(node.Region, source.Region);
        if (link.IsCut || node.IsIsolated || source.IsIsolated || !source.IsRunning)
        {
            // What is held up is sent again, with all that came since.
            _isDue |= _underWay.Count > 0;
            _underWay.Clear();
            return null;
        }

        if (node.IsRunning && (_isDue || replay.Received != _sentReceived || replay.Replayed != _sentReplayed))
        {
            _isDue = false;
            _sentReceived = replay.Received;
            _sentReplayed = replay.Replayed;
            _underWay.Enqueue(new Report(replay.Received, replay.Replayed, now + link.Delay + link.ExtraDelay + link.TakeAgain(dice)));
        }

        while (_underWay.TryPeek(out var report))
        {
            if (report.ArrivesAt > now)
            {
                return report.ArrivesAt;
            }

            _underWay.Dequeue();
            Received = Math.Max(Received, report.Received);
            Replayed = Math.Max(Replayed, report.Replayed);
        }

        return null;
    }

    /// <summary>For a new source, which knows nothing yet.</summary>
    public void Reset()
    {
        _underWay.Clear();
        _sentReceived = 0;
        _sentReplayed = 0;
        Received = 0;
        Replayed = 0;
    }
}
