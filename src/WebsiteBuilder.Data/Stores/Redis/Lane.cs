using System.Collections.Concurrent;
using System.Net.Sockets;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// One connection to one node that many callers share: commands are written in the order they are given, answers are matched in that order.
/// It connects when it is first needed, and again whenever it is lost, until it is closed.
/// </summary>
/// <remarks>
/// <para>Two threads of its own at most: one connects and reads, the other writes. A caller who finds nothing under way writes himself: that
/// little fits the socket's buffer, so it can't block. Whatever comes while something is under way goes out with the next write.</para>
/// <para>All state is guarded by <c>_gate</c>; nothing blocks under it.</para>
/// </remarks>
internal sealed class Lane : IDisposable
{
    /// <summary>So much unanswered is surely in the kernel's buffers, whatever the peer does.</summary>
    private const int SurelySent = 8 * 1024;
    private const int SettledTogether = 64;

    /// <summary>A connection that lasted longer was a good one; its loss is no reason to wait.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromMilliseconds(500);

    private readonly object _gate = new();
    private readonly LaneSettings _settings;
    private readonly ILaneOwner _owner;
    private readonly ConcurrentQueue<RedisCall> _sent = new();
    private readonly Queue<RedisCall> _waiting = new();
    private OutBuffer _out = new();
    private OutBuffer? _spare = new();
    private LaneLink? _link;
    private RedisFaultException? _lastFault;
    private long _appended;
    private long _handedOver;
    private long _unanswered;
    private long _lastReceived;
    private int _count;
    private bool _started;
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

    private void Start()
    {
        if (_started)
        {
            return;
        }

        _started = true;
        new Thread(Run, 512 * 1024) { IsBackground = true, Name = "redis read" }.UnsafeStart();
    }

    private void Run()
    {
        var failures = 0;
        while (!Volatile.Read(ref _closed))
        {
            try
            {
                using var link = _settings.Open(() => Volatile.Write(ref _lastReceived, _settings.Time.GetTimestamp()));
                Connected(link);
                var since = _settings.Time.GetTimestamp();
                var loss = ReadUntilLost(link);
                if (_settings.Time.GetElapsedTime(since) > Lasting)
                {
                    failures = 0;
                }
                else
                {
                    // Whoever hangs up right after the greeting would otherwise be called again at once, and again.
                    Rest(loss, failures++);
                }
            }
            catch (Exception error)
            {
                Rest(LaneFaults.OfConnecting(error), failures++);
            }
        }

        FailAll(connected: false);
    }

    private void Connected(LaneLink link)
    {
        lock (_gate)
        {
            if (_closed)
            {
                link.Abort();
                return;
            }

            (_link, Role, _lastReceived, _lastFault) = (link, link.Role, _settings.Time.GetTimestamp(), null);
            while (_waiting.TryDequeue(out var call))
            {
                if (call.IsPending)
                {
                    Append(call);
                }
                else
                {
                    _count--;
                    call.Release();
                }
            }

            WakeWriter();
        }

        _owner.Changed(this);
    }

    private RedisFaultException ReadUntilLost(LaneLink link)
    {
        Exception reason;
        int answers = 0, bytes = 0;
        try
        {
            while (true)
            {
                var frame = link.Reader.Read();
                if (frame.IsPush)
                {
                    // Nothing on this connection asks for any.
                    continue;
                }

                if (!_sent.TryDequeue(out var call))
                {
                    throw new RespFormatException("An answer to nothing.");
                }

                answers++;
                bytes += call.Bytes;
                if (link.Reader.Buffered == 0 || answers == SettledTogether)
                {
                    Settle(ref answers, ref bytes);
                }

                Answered(call, frame.Reply);
            }
        }
        catch (Exception error)
        {
            reason = error;
        }

        link.Abort();
        Settle(ref answers, ref bytes);
        lock (_gate)
        {
            _link = null;
            Role = NodeRole.Unknown;
            _out.Clear();
        }

        var loss = LaneFaults.OfLoss(reason);
        FailAll(connected: true, loss);
        _owner.Changed(this);
        return loss;
    }

    private void Settle(ref int answers, ref int bytes)
    {
        lock (_gate)
        {
            _count -= answers;
            _unanswered -= bytes;
        }

        (answers, bytes) = (0, 0);
    }

    private void Answered(RedisCall call, in RedisReply reply)
    {
        if (call.Watcher is { } watcher)
        {
            watcher(reply);
        }

        if (reply.Kind != RedisReplyKind.Error)
        {
            call.TryAnswer(reply);
            call.Release();
        }
        else if (!call.IsPending || !_owner.TryRedirect(this, call, reply.ErrorText!))
        {
            call.TryFail(ServerErrors.Of(reply.ErrorText!, call.Command.Access, call.Command.Script is not null));
            call.Release();
        }
    }

    private void Rest(RedisFaultException fault, int failures)
    {
        lock (_gate)
        {
            // What was said of a lost connection isn't what is to be said of one that can't be had.
            _resting = true;
            _lastFault = fault.Kind is RedisFaultKind.Interrupted or RedisFaultKind.Malformed
                ? new RedisFaultException(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, fault.Message, fault.InnerException)
                : fault;
        }

        FailAll(connected: false, fault);
        _owner.Changed(this);
        lock (_gate)
        {
            if (!_closed)
            {
                Patience.Wait(_gate, _settings.Backoff(failures), _settings.Time);
            }

            _resting = false;
        }
    }

    private void FailAll(bool connected, RedisFaultException? fault = null)
    {
        List<(RedisCall Call, bool Written)> lost = [];
        RedisFaultException refusal;
        lock (_gate)
        {
            refusal = fault is { } known && !connected ? known : Refusal();
            while (_waiting.TryDequeue(out var call))
            {
                lost.Add((call, false));
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

    private void Append(RedisCall call)
    {
        if (call.Asking)
        {
            call.Asking = false;
            _count++;
            Append(_owner.Asking(call.Deadline));
        }

        var before = _out.Length;
        call.Position = _appended;
        if (_sent.IsEmpty)
        {
            _lastReceived = Math.Max(_lastReceived, call.Started);
        }

        _out.Append(call.Command, call.ScriptAsText);
        call.Bytes = _out.Length - before;
        _appended += call.Bytes;
        _unanswered += call.Bytes;
        _sent.Enqueue(call);
    }

    private (LaneLink? Link, OutBuffer? Bytes) TakeForFlush()
    {
        if (_link is not { IsFlushing: false } link)
        {
            return default;
        }

        if (_count == 1 && _unanswered <= SurelySent)
        {
            return (link, Take(link));
        }

        WakeWriter();
        return default;
    }

    private OutBuffer Take(LaneLink link)
    {
        link.IsFlushing = true;
        _handedOver = _appended;
        var bytes = _out;
        _out = _spare ?? new OutBuffer();
        _spare = null;
        return bytes;
    }

    private void WakeWriter()
    {
        if (_out.Length == 0)
        {
            return;
        }

        if (!_hasWriter)
        {
            _hasWriter = true;
            new Thread(WriteInTurn, 128 * 1024) { IsBackground = true, Name = "redis write" }.UnsafeStart();
        }
        else if (_writerWaits)
        {
            _writerWaits = false;
            Monitor.PulseAll(_gate);
        }
    }

    private void WriteInTurn()
    {
        while (true)
        {
            LaneLink link;
            OutBuffer bytes;
            lock (_gate)
            {
                while (_out.Length == 0 || _link is not { IsFlushing: false })
                {
                    if (_closed)
                    {
                        return;
                    }

                    _writerWaits = true;
                    Monitor.Wait(_gate);
                }

                _writerWaits = false;
                link = _link;
                bytes = Take(link);
            }

            Write(link, bytes);
        }
    }

    private void Write(LaneLink link, OutBuffer bytes)
    {
        try
        {
            link.Stream.Write(bytes.Written);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Whoever reads notices, and tells the callers.
            link.Abort();
        }

        bytes.Clear();
        lock (_gate)
        {
            link.IsFlushing = false;
            _spare ??= bytes;
            if (ReferenceEquals(link, _link))
            {
                WakeWriter();
            }
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
