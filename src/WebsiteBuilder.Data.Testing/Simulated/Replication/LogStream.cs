namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>The log on its way to one replica, over a connection that keeps its order: what is held up holds up all behind it.</summary>
internal sealed class LogStream(SimulatedNetwork network, Dice dice)
{
    /// <summary>PostgreSQL's <c>wal_receiver_timeout</c>.</summary>
    private static readonly TimeSpan ReceiverTimeout = TimeSpan.FromSeconds(60);

    private LogRecord? _next;
    private TimeSpan? _lostContactAt;
    private TimeSpan _nextTakes;
    private TimeSpan _notBefore;
    private TimeSpan _resumedAt;
    private bool _wasBlocked;

    public bool ReceivesNothing { get; set; }

    public TimeSpan Delay { get; set; }

    /// <summary>Receives what has had the time to arrive.</summary>
    /// <param name="source">Who sends it.</param>
    /// <param name="node">Who receives it.</param>
    /// <param name="now">The time.</param>
    /// <returns>When the next record arrives; null when there is none, or something keeps it for now.</returns>
    public TimeSpan? Receive(SimulatedNode source, SimulatedNode node, TimeSpan now)
    {
        var log = node.Log;
        var replay = node.Replay;
        if (ReceivesNothing || IsBlocked(source, node))
        {
            _wasBlocked = true;
            return null;
        }

        if (_wasBlocked)
        {
            // What was held up is sent again now.
            _wasBlocked = false;
            _resumedAt = now;
        }

        while (replay.ReceivedCount < log.FlushedCount)
        {
            var record = log[replay.ReceivedCount];
            var arrival = ArrivalOf(record, network.Between(source.Region, node.Region));
            if (arrival > now)
            {
                return arrival;
            }

            _notBefore = arrival;
            replay.Receive(record);
        }

        return null;
    }

    /// <summary>Streams from a new source: all that it has is sent from now on.</summary>
    public void Begin(TimeSpan now)
    {
        _next = null;
        _notBefore = now;
        _resumedAt = now;
        _lostContactAt = null;
    }

    /// <summary>Notes whether the source is there.</summary>
    public void Watch(SimulatedNode? source, SimulatedNode node, TimeSpan now)
    {
        if (source is { IsPrimary: true, IsRunning: true } && source.Log == node.Log && !ReceivesNothing && !IsBlocked(source, node))
        {
            _lostContactAt = null;
        }
        else
        {
            _lostContactAt ??= now;
        }
    }

    /// <summary>
    /// Whether the replica has a connection to its source, as far as it knows: it learns at once that a server went down, and only by its timeout that nothing comes
    /// through.
    /// </summary>
    public bool IsConnected(SimulatedNode? source, SimulatedNode node, TimeSpan now) =>
        source is not null && source.Log == node.Log
        && (_lostContactAt is not { } lost
            || (now - lost < ReceiverTimeout && (source is { IsPrimary: true, IsUp: true } || IsBlocked(source, node))));

    /// <summary>How long ago the source was there for the last time.</summary>
    public TimeSpan SilentFor(TimeSpan now) => _lostContactAt is { } lost ? now - lost : TimeSpan.Zero;

    /// <summary>Whether nothing gets through from there to here.</summary>
    private bool IsBlocked(SimulatedNode source, SimulatedNode node) =>
        source.IsIsolated || node.IsIsolated || network.Between(source.Region, node.Region).IsCut;

    private TimeSpan ArrivalOf(LogRecord record, SimulatedLink link)
    {
        if (_next != record)
        {
            // Drawn once for each record, however often it is looked at on its way.
            _next = record;
            _nextTakes = link.TakeAgain(dice);
        }

        var sent = record.SentAt + Delay;
        sent = sent > _resumedAt ? sent : _resumedAt;
        var arrival = sent + link.Delay + link.ExtraDelay + _nextTakes;
        return arrival > _notBefore ? arrival : _notBefore;
    }
}
