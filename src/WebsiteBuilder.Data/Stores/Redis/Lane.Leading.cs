namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>The readers: of several one leads, connects, and rests between connections that are lost.</summary>
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
