namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>The readers: they connect, match answers to calls, and run callers' code when nobody else waits.</summary>
internal sealed partial class Lane
{
    private void Start()
    {
        if (!_started)
        {
            _started = true;
            AddReader();
        }
    }

    private void AddReader()
    {
        _readers++;
        new Thread(Serve) { IsBackground = true, Name = "redis read" }.UnsafeStart();
    }

    /// <summary>A reader's life: of several, one leads; the others run callers' code, or one of them waits to lead.</summary>
    private void Serve()
    {
        var self = Environment.CurrentManagedThreadId;
        while (true)
        {
            lock (_gate)
            {
                if (_leader == 0)
                {
                    _leader = self;
                }
                else if (_parked > 0 || _closed)
                {
                    _readers--;
                    return;
                }
                else
                {
                    _parked++;
                }
            }

            if (_leader != self)
            {
                Park();
            }
            else if (Lead())
            {
                End();
                return;
            }
        }
    }

    private void Park()
    {
        lock (_parking)
        {
            while (_permits == 0)
            {
                Monitor.Wait(_parking);
            }

            _permits--;
        }

        lock (_gate)
        {
            _parked--;
        }
    }

    private void Unpark()
    {
        lock (_parking)
        {
            _permits++;
            Monitor.Pulse(_parking);
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _readers--;
            _leader = 0;
            if (_parked > 0)
            {
                Unpark();
            }
        }
    }

    /// <summary>Connects and reads. Says whether the lane has ended; else another reader leads now.</summary>
    private bool Lead()
    {
        // A connection that is open when the lane is closed still has callers to be told.
        while (!Volatile.Read(ref _closed) || _current is not null)
        {
            if (_current is null)
            {
                try
                {
                    _current = _settings.Open(Received);
                    _connectedAt = _settings.Time.GetTimestamp();
                    Connected(_current);
                }
                catch (Exception error)
                {
                    Rest(LaneFaults.OfConnecting(error), _failures++);
                    continue;
                }
            }

            if (ReadUntilLost(_current) is not { } loss)
            {
                return false;
            }

            _current.Dispose();
            _current = null;
            if (_settings.Time.GetElapsedTime(_connectedAt) > Lasting)
            {
                _failures = 0;
            }
            else
            {
                // Whoever hangs up right after the greeting would otherwise be called again at once, and again.
                Rest(loss, _failures++);
            }
        }

        FailAll(connected: false);
        return true;
    }

    /// <summary>
    /// Another reader leads from now on: the one that does is busy with a caller's code, and somebody else wants an answer. The lock is held.
    /// </summary>
    private void TakeOver()
    {
        _isDelivering = false;
        _leader = 0;
        if (_parked > 0)
        {
            Unpark();
        }
        else
        {
            AddReader();
        }
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

    private void Received()
    {
        Volatile.Write(ref _lastReceived, _settings.Time.GetTimestamp());
        _askedBefore = Volatile.Read(ref _appended);
    }

    /// <summary>Whether what came last may answer a call: one that was made after it came isn't what it was said to.</summary>
    private bool MayAnswer(RedisCall call) => call.Position < _askedBefore;

    /// <summary>Null: another reader goes on.</summary>
    private RedisFaultException? ReadUntilLost(LaneLink link)
    {
        Exception reason;
        RedisCall? stray = null;
        int answers = 0, bytes = 0;
        try
        {
            while (true)
            {
                // Of several answers the first one wakes the thread for all of them.
                if (link.Reader.Buffered == 0 && Volatile.Read(ref _count) == 1 && _settings.IsPrompt)
                {
                    link.Watch();
                }

                var frame = link.Reader.Read();
                if (frame.IsPush)
                {
                    // Nothing on this connection asks for any.
                    continue;
                }

                if (!_sent.TryDequeue(out var call) || !MayAnswer(call))
                {
                    stray = call;
                    throw new RespFormatException("An answer to nothing.");
                }

                answers++;
                bytes += call.Bytes;
                if (link.Reader.Buffered == 0 || answers == SettledTogether)
                {
                    Settle(ref answers, ref bytes);
                }

                if (frame.Reply.Kind == RedisReplyKind.Error || call.Watcher is not null || !TryStartDelivering())
                {
                    Answered(call, frame.Reply);
                    continue;
                }

                call.AnswerHere(frame.Reply);
                if (!TryEndDelivering())
                {
                    return null;
                }
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
        var isAnswer = stray is null && _sent.TryPeek(out var oldest) && MayAnswer(oldest);
        FailAll(connected: true, loss.Kind == RedisFaultKind.Malformed && !isAnswer ? LaneFaults.OfLoss(new EndOfStreamException()) : loss, stray);
        _owner.Changed(this);
        return loss;
    }

    /// <summary>
    /// Whether the caller may run on this thread, which saves waking another one: only if nobody else waits for an answer. Whoever comes
    /// meanwhile makes another reader lead.
    /// </summary>
    private bool TryStartDelivering()
    {
        if (Volatile.Read(ref _count) != 0 || !_settings.IsPrompt)
        {
            return false;
        }

        lock (_gate)
        {
            _isDelivering = _count == 0 && _readers <= MaxReaders && _lastReceived >= _deliverAfter && !_closed;
            _deliveringSince = _lastReceived;
            return _isDelivering;
        }
    }

    private bool TryEndDelivering()
    {
        lock (_gate)
        {
            if (!_isDelivering || _leader != Environment.CurrentManagedThreadId)
            {
                return false;
            }

            _isDelivering = false;
            return true;
        }
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

        FailAll(connected: false);
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
}
