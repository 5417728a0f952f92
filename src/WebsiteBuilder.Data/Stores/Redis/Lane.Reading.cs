namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>What the leading reader does: it matches answers to calls, and runs callers' code when nobody else waits.</summary>
internal sealed partial class Lane
{
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
}
