namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// All subscriptions of a channel, over one connection of their own: a flood of messages holds up no answers. One thread, which connects,
/// listens, and begins anew when the connection is lost.
/// </summary>
internal sealed class Subscriptions(RedisSettings settings, RedisRouter router) : IDisposable
{
    private static readonly TimeSpan Lasting = TimeSpan.FromMilliseconds(500);

    private readonly object _gate = new();
    private readonly Dictionary<RedisTopic, List<Inbox>> _topics = [];
    private LaneLink? _link;
    private bool _started;
    private bool _closed;

    public Inbox Add(RedisTopic topic)
    {
        Inbox inbox = new(settings.MaxUnreadMessages, inbox => Remove(topic, inbox));
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(RespChannel));
            if (_topics.TryGetValue(topic, out var inboxes))
            {
                inboxes.Add(inbox);
            }
            else
            {
                _topics.Add(topic, [inbox]);
            }

            // Again for a topic that is listened to already: its confirmation tells the new reader that it is.
            Send(topic, listen: true);
            if (!_started)
            {
                _started = true;
                new Thread(Run, 512 * 1024) { IsBackground = true, Name = "redis topics" }.UnsafeStart();
            }

            Monitor.PulseAll(_gate);
        }

        return inbox;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _link?.Abort();
            Monitor.PulseAll(_gate);
        }
    }

    private void Remove(RedisTopic topic, Inbox inbox)
    {
        lock (_gate)
        {
            if (_topics.TryGetValue(topic, out var inboxes) && inboxes.Remove(inbox) && inboxes.Count == 0)
            {
                _topics.Remove(topic);
                Send(topic, listen: false);
            }
        }
    }

    private void Run()
    {
        LaneSettings backoff = new(settings, default, LaneKind.Shared);
        var failures = 0;
        while (true)
        {
            Exception reason;
            try
            {
                var nodes = router.AnyNodes();
                if (nodes.Length == 0)
                {
                    throw new EndOfStreamException();
                }

                using var link = LaneOpener.Open(settings, nodes[failures % nodes.Length], LaneKind.Shared, static () => { });
                Begin(link);
                var since = settings.Runtime.Time.GetTimestamp();
                reason = Listen(link);
                failures = settings.Runtime.Time.GetElapsedTime(since) > Lasting ? 0 : failures + 1;
                Tell(new RedisMessage(RedisMessageKind.Interrupted, "", default));
            }
            catch (Exception error)
            {
                failures++;
                reason = error;
            }

            lock (_gate)
            {
                _link = null;
                if (_closed)
                {
                    Fail(new ObjectDisposedException(nameof(RespChannel)));
                    return;
                }

                if (LaneFaults.OfConnecting(reason) is { Kind: RedisFaultKind.Denied } denied)
                {
                    Fail(denied);
                    Monitor.Wait(_gate);
                }
                else if (failures > 0)
                {
                    Patience.Wait(_gate, backoff.Backoff(failures - 1), settings.Runtime.Time);
                }
            }
        }
    }

    private void Begin(LaneLink link)
    {
        lock (_gate)
        {
            _link = link;
            foreach (var topic in _topics.Keys)
            {
                Send(topic, listen: true);
            }
        }

        if (_closed)
        {
            link.Abort();
        }
    }

    private Exception Listen(LaneLink link)
    {
        var silent = false;
        link.Stream.ReadTimeout = (int)settings.KeepAlive.TotalMilliseconds;
        try
        {
            while (true)
            {
                RedisReply reply;
                try
                {
                    reply = link.Reader.Read().Reply;
                    silent = false;
                }
                catch (IOException error) when (!silent && IsTimeout(error) && link.Reader.Buffered == 0)
                {
                    // Between two frames nothing is lost by it. Whatever is sent back, is a sign of life.
                    silent = true;
                    lock (_gate)
                    {
                        SendRaw(link, RedisCommand.Read("PING"));
                    }

                    continue;
                }

                Take(reply);
            }
        }
        catch (Exception error)
        {
            link.Abort();
            return error;
        }
    }

    private static bool IsTimeout(IOException error) =>
        error.InnerException is System.Net.Sockets.SocketException { SocketErrorCode: System.Net.Sockets.SocketError.TimedOut or System.Net.Sockets.SocketError.WouldBlock };

    private void Take(in RedisReply reply)
    {
        if (reply.ErrorText is { } refused)
        {
            throw ServerErrors.Of(refused, RedisAccess.Read, isScript: false);
        }

        if (reply.Items is not [{ Kind: RedisReplyKind.Bytes } what, var first, ..])
        {
            return;
        }

        switch (what.AsString())
        {
            case "message" when reply.Items.Length == 3:
                Tell(RedisTopic.Named(first.AsString()!), new RedisMessage(RedisMessageKind.Message, first.AsString()!, reply.Items[2].AsBytes()));
                break;
            case "pmessage" when reply.Items.Length == 4:
                Tell(RedisTopic.Matching(first.AsString()!), new RedisMessage(RedisMessageKind.Message, reply.Items[2].AsString()!, reply.Items[3].AsBytes()));
                break;
            case "subscribe":
                Establish(RedisTopic.Named(first.AsString()!));
                break;
            case "psubscribe":
                Establish(RedisTopic.Matching(first.AsString()!));
                break;
        }
    }

    private void Establish(RedisTopic topic)
    {
        lock (_gate)
        {
            foreach (var inbox in _topics.GetValueOrDefault(topic) ?? [])
            {
                inbox.Establish();
            }
        }
    }

    private void Tell(RedisTopic topic, RedisMessage message)
    {
        lock (_gate)
        {
            foreach (var inbox in _topics.GetValueOrDefault(topic) ?? [])
            {
                inbox.Put(message);
            }
        }
    }

    private void Tell(RedisMessage message)
    {
        lock (_gate)
        {
            foreach (var inbox in _topics.Values.SelectMany(static inboxes => inboxes))
            {
                inbox.Interrupt(message);
            }
        }
    }

    private void Fail(Exception error)
    {
        foreach (var inbox in _topics.Values.SelectMany(static inboxes => inboxes))
        {
            inbox.Fail(error);
        }
    }

    private void Send(RedisTopic topic, bool listen)
    {
        if (_link is { } link)
        {
            SendRaw(link, RedisCommand.Read((topic.IsPattern ? "P" : "") + (listen ? "SUBSCRIBE" : "UNSUBSCRIBE"), topic.Name));
        }
    }

    // Blocks for the connect timeout at most, if the server takes nothing any more.
    private static void SendRaw(LaneLink link, RedisCommand command)
    {
        OutBuffer bytes = new();
        bytes.Append(command, scriptAsText: false);
        try
        {
            link.Stream.Write(bytes.Written);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
            link.Abort();
        }
    }
}
