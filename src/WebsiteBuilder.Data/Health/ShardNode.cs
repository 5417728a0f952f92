using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Health;

/// <summary>One endpoint alive: its definition, the store behind it, and how it is doing.</summary>
internal sealed record ShardNode(EndpointDefinition Definition, IStoreEndpoint Store, EndpointVitals Vitals);

/// <summary>One shard alive: what never changes of it, its nodes, and the samples that staleness is measured by.</summary>
internal sealed class LiveShard(int index, ShardDefinition definition, ShardNode[] nodes)
{
    private readonly Lock _lock = new();
    private HistoryId _history;
    private ulong _acknowledgedAtQuorum;
    private ulong _acknowledged;
    private int _strongest = (int)WriteDurability.RemoteFlush;
    private FadingCount _askedLately;
    private long _asked;

    public int Index { get; } = index;

    public ShardDefinition Definition { get; } = definition;

    public ShardNode[] Nodes { get; } = nodes;

    public PositionSamples Samples { get; } = new();

    /// <summary>How often nodes were asked something for callers lately. To be looked at now and then, so that what is new is known to be of late.</summary>
    public double AskedLately(TimeSpan now)
    {
        var asked = Asked;
        lock (_lock)
        {
            _askedLately.Add(Math.Max(0, asked - _asked), now);
            _asked = Math.Max(asked, _asked);
            return _askedLately.At(now);
        }
    }

    /// <summary>How often nodes were asked something for callers, ever.</summary>
    public long Asked
    {
        get
        {
            var asked = 0L;
            foreach (var node in Nodes)
            {
                asked += node.Vitals.Begun;
            }

            return asked;
        }
    }

    /// <summary>The highest position that this client knows to be acknowledged by synchronous standbys.</summary>
    public ulong AcknowledgedAtQuorum => Volatile.Read(ref _acknowledgedAtQuorum);

    /// <summary>The highest position that was acknowledged to this client at all.</summary>
    public ulong Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>The most durable that writes are known to be: what this client has asked for, and the servers' default at least. A weaker one may be visible before one that came first.</summary>
    public WriteDurability Strongest => (WriteDurability)Volatile.Read(ref _strongest);

    /// <summary>Notes what a write asks for.</summary>
    public void NoteDurability(WriteDurability durability)
    {
        if (durability > Strongest)
        {
            // There is one that is stronger than the first.
            Volatile.Write(ref _strongest, (int)durability);
        }
    }

    /// <summary>Notes a write that was acknowledged. One of an earlier history says nothing about the current one.</summary>
    public void Acknowledge(HistoryId history, in StoreWrite write)
    {
        lock (_lock)
        {
            if (history != _history)
            {
                return;
            }

            Volatile.Write(ref _acknowledged, Math.Max(write.Position, _acknowledged));
            if (write.Reached >= WriteDurability.RemoteWrite)
            {
                Volatile.Write(ref _acknowledgedAtQuorum, Math.Max(write.Confirmed, _acknowledgedAtQuorum));
            }
        }
    }

    /// <summary>Notes where a node was seen in the current history.</summary>
    public void NotePosition(ShardNode node, ulong position, TimeSpan now) =>
        node.Vitals.AtPosition(position, now, Samples.CurrentAt(position) is { } current ? now - current : null);

    /// <summary>Goes over to a new history; positions above what it shares with the old one are void.</summary>
    public void Enter(HistoryId history, ulong sharedEnd)
    {
        Samples.Enter(history, sharedEnd);
        lock (_lock)
        {
            _history = history;
            Volatile.Write(ref _acknowledged, Math.Min(sharedEnd, _acknowledged));
            Volatile.Write(ref _acknowledgedAtQuorum, Math.Min(sharedEnd, _acknowledgedAtQuorum));
        }

        foreach (var node in Nodes)
        {
            node.Vitals.ClipPosition(sharedEnd);
        }
    }
}
