using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// One connection to one node that many callers share: commands are written in the order they are given, answers are matched in that order.
/// It connects when it is first needed, and again whenever it is lost, until it is closed.
/// </summary>
/// <remarks>
/// <para>Threads of its own connect and read, and write. A caller who finds nothing under way writes himself: that little fits the socket's
/// buffer, so it can't block. Whatever comes while something is under way goes out with the next write.</para>
/// <para>The reader that leads runs the code of a caller itself if nobody else waits: to wake a thread of the pool takes as long as the
/// server's answer. If anybody else sends something meanwhile, another reader leads, so that nobody waits for a stranger's code.</para>
/// <para>All state is guarded by <c>_gate</c>; nothing blocks under it.</para>
/// </remarks>
internal sealed partial class Lane : IDisposable
{
    /// <summary>So much unanswered is surely in the kernel's buffers, whatever the peer does.</summary>
    private const int SurelySent = 8 * 1024;
    private const int SettledTogether = 64;

    /// <summary>More would mean that callers' code blocks on them all.</summary>
    private const int MaxReaders = 4;

    /// <summary>A connection that lasted longer was a good one; its loss is no reason to wait.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromMilliseconds(500);

    private readonly object _gate = new();
    private readonly object _parking = new();
    private readonly LaneSettings _settings;
    private readonly ILaneOwner _owner;
    private readonly ConcurrentQueue<RedisCall> _sent = new();
    private readonly Queue<RedisCall> _waiting = new();
    private OutBuffer _out = new();
    private OutBuffer? _spare = new();
    private LaneLink? _link;
    private RedisFaultException? _lastFault;
    private long _appended;
    private long _askedBefore;
    private long _handedOver;
    private long _unanswered;
    private long _lastReceived;
    private int _count;
    private bool _started;
    private LaneLink? _current;
    private long _connectedAt;
    private int _failures;
    private int _readers;
    private int _parked;
    private int _permits;
    private int _leader;
    private bool _isDelivering;
    private long _deliveringSince;
    private long _deliverAfter;
    private bool _resting;
    private bool _closed;
    private bool _hasWriter;
    private bool _writerWaits;
    private long _nextCheck = long.MaxValue;

    public Lane(LaneSettings settings, ILaneOwner owner) => (_settings, _owner) = (settings, owner);

    /// <summary>What the node said last; unknown while there is no connection.</summary>
    public NodeRole Role { get; private set; }

    /// <summary>Whether a command would be refused at once: the last attempt to connect failed, and the next isn't under way yet.</summary>
    public bool IsDown => Volatile.Read(ref _resting) || Volatile.Read(ref _closed);

    public bool IsUp => Volatile.Read(ref _link) is not null;

    public bool IsIdle => Volatile.Read(ref _count) == 0;

    public RedisEndpoint Endpoint => _settings.Endpoint;

    /// <summary>Takes a call, or fails it. Never blocks. A tail goes out right behind it, with nothing in between.</summary>
    public void Submit(RedisCall call, RedisCall? tail = null)
    {
        LaneLink? flush = null;
        OutBuffer? bytes = null;
        RedisFaultException? refusal = null;
        lock (_gate)
        {
            if (_isDelivering && _leader != Environment.CurrentManagedThreadId)
            {
                TakeOver();
            }

            if (_closed || _resting)
            {
                refusal = Refusal();
            }
            else if (_count + (tail is null ? 1 : 2) > _settings.MaxInFlight)
            {
                refusal = Full("commands");
            }
            else if (_link is null)
            {
                _waiting.Enqueue(call);
                _count++;
                if (tail is not null)
                {
                    _waiting.Enqueue(tail);
                    _count++;
                }

                Start();
            }
            else if (_unanswered > _settings.MaxInFlightBytes)
            {
                refusal = Full("bytes");
            }
            else
            {
                _count++;
                Append(call);
                if (tail is not null)
                {
                    _count++;
                    Append(tail);
                }

                (flush, bytes) = TakeForFlush();
            }

            _nextCheck = Math.Min(_nextCheck, call.Deadline);
        }

        if (refusal is not null)
        {
            Refuse(call, refusal);
            if (tail is not null)
            {
                Refuse(tail, refusal);
            }

            return;
        }

        _owner.Expect(call.Deadline);
        if (flush is not null)
        {
            Write(flush, bytes!);
        }
    }

    /// <summary>Connects if it isn't, and hurries if it rests.</summary>
    public void Poke()
    {
        lock (_gate)
        {
            if (!_closed)
            {
                Start();
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Deadlines, and whether the connection still lives. Says whether anything is going on.</summary>
    public bool Beat(long now)
    {
        LaneLink? wedged = null;
        bool ping = false, check;
        lock (_gate)
        {
            if (_isDelivering && _count > 0 && now - _deliveringSince > _settings.MaxDeliveryTicks)
            {
                // A caller's code asks for something and doesn't come back: it blocks. Not here again for a while.
                TakeOver();
                _deliverAfter = now + _settings.DeliveryBanTicks;
            }

            check = now >= _nextCheck;
            if (check)
            {
                _nextCheck = long.MaxValue;
            }

            if (_link is { } link && now - _lastReceived > _settings.KeepAliveTicks)
            {
                ping = !_sent.TryPeek(out var oldest);
                // A command that may wait at the server proves nothing until its time is up.
                wedged = !ping && (_settings.IsPrompt || !oldest!.IsPending) ? link : null;
                _lastReceived = ping ? now : _lastReceived;
            }
        }

        if (check)
        {
            CheckTimes(now);
        }

        wedged?.Abort();
        if (ping)
        {
            _owner.KeepAlive(this);
        }

        return Volatile.Read(ref _count) > 0;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _link?.Abort();
            if (_isDelivering)
            {
                TakeOver();
            }

            Monitor.PulseAll(_gate);
            if (_started)
            {
                return;
            }
        }

        FailAll(connected: false);
    }

    /// <summary>Ends the connection; a new one is made.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            _link?.Abort();
        }
    }

    private void FailAll(bool connected, RedisFaultException? fault = null, RedisCall? first = null)
    {
        List<(RedisCall Call, bool Written)> lost = [];
        RedisFaultException refusal;
        lock (_gate)
        {
            refusal = Refusal();
            while (_waiting.TryDequeue(out var call))
            {
                lost.Add((call, false));
            }

            if (first is not null)
            {
                lost.Add((first, first.Position < _handedOver));
            }

            while (connected && _sent.TryDequeue(out var call))
            {
                lost.Add((call, call.Position < _handedOver));
            }

            _count -= lost.Count;
            if (connected)
            {
                _unanswered = 0;
            }
        }

        foreach (var (call, written) in lost)
        {
            if (!written && call.IsPending && _owner.TryElsewhere(call))
            {
                continue;
            }

            call.TryFail(written ? LaneFaults.Interrupted(fault!, call) : refusal);
            call.Release();
            // What is broken is told to the first one only, whose answer it was; the others merely lost their connection.
            fault = fault is { Kind: RedisFaultKind.Malformed } ? LaneFaults.OfLoss(new EndOfStreamException()) : fault;
        }
    }

    private void CheckTimes(long now)
    {
        var next = long.MaxValue;
        long handedOver;
        RedisCall[] waiting;
        lock (_gate)
        {
            handedOver = _handedOver;
            waiting = [.. _waiting];
        }

        foreach (var call in waiting)
        {
            next = Math.Min(next, call.CheckTime(now, written: false));
        }

        foreach (var call in _sent)
        {
            // What isn't written yet will be: the order of the others hangs on it.
            next = Math.Min(next, call.CheckTime(now, written: true));
        }

        lock (_gate)
        {
            _nextCheck = Math.Min(_nextCheck, next);
        }
    }

    private static void Refuse(RedisCall call, RedisFaultException refusal)
    {
        call.TryFail(refusal);
        call.Release();
    }

    private RedisFaultException Refusal() => _closed
        ? new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "The connection to Redis is closed.")
        : _lastFault ?? new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "The connection to Redis was lost before the command was sent.");

    private static RedisFaultException Full(string what) =>
        new(RedisFaultKind.Throttled, WriteDisposition.NotApplied, $"Too many {what} are on their way to the Redis node.");
}
