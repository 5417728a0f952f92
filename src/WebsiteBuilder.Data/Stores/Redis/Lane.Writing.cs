using System.Net.Sockets;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>What goes out: bytes in the order of the calls, together with whatever came while others were under way.</summary>
internal sealed partial class Lane
{
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
}
