namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>How a message ends that isn't lost.</summary>
internal enum Passage
{
    /// <summary>It arrives.</summary>
    Arrived = 0,

    /// <summary>The connection was reset before the message arrived.</summary>
    ResetBefore = 1,

    /// <summary>The message arrived, and then the connection was reset.</summary>
    ResetAfter = 2,

    /// <summary>The link was cut for longer than a connection lives.</summary>
    Expired = 3,
}

/// <summary>A link, and the node at one of its ends: a message passes if neither keeps it.</summary>
internal readonly record struct Way(SimulatedLink Link, SimulatedNode Node)
{
    public bool IsBlocked => Link.IsCut || Node.IsIsolated;
}

/// <summary>One message on its way. It has a timer while it travels, and while it is held, for the end of its connection.</summary>
internal sealed class Message
{
    private readonly SimulatedNetwork _network;
    private readonly Way _way;
    private readonly TimeSpan _sentAt;
    private readonly Passage _passage;
    private readonly TaskCompletionSource<Passage> _completion;
    private readonly ITimer _timer;
    private bool _isHeld;

    public Message(SimulatedNetwork network, Way way, Passage passage, TimeSpan takes)
    {
        _network = network;
        _way = way;
        _passage = passage;
        _sentAt = network.Now;
        _completion = network.NewCompletion<Passage>();
        _timer = network.Time.CreateTimer(static self => ((Message)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(takes, Timeout.InfiniteTimeSpan);
    }

    public Task<Passage> Completion => _completion.Task;

    public bool MayPass => !_way.IsBlocked;

    /// <summary>Sets out again, under the network's lock.</summary>
    public void Release()
    {
        _isHeld = false;
        _timer.Change(_network.Takes(_way), Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        var passage = _passage;
        lock (_network.Lock)
        {
            if (_isHeld)
            {
                _isHeld = false;
                _network.Held.Remove(this);
                passage = Passage.Expired;
            }
            else if (_way.IsBlocked)
            {
                _isHeld = true;
                _network.Held.Add(this);
                var left = _sentAt + _network.ConnectionLifetime - _network.Now;
                _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        _timer.Dispose();
        _completion.TrySetResult(passage);
    }
}
