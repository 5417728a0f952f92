using System.Threading.Channels;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>What one subscription has to tell its reader, with a bound.</summary>
internal sealed class Inbox : IDisposable
{
    private readonly Channel<RedisMessage> _messages;
    private readonly Action<Inbox> _left;
    private int _dropped;
    private bool _isEstablished;

    public Inbox(int capacity, Action<Inbox> left)
    {
        _left = left;
        _messages = Channel.CreateBounded<RedisMessage>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Volatile.Write(ref _dropped, 1));
    }

    /// <summary>It listens; said once for each connection, however often the server confirms it.</summary>
    public void Establish()
    {
        if (!_isEstablished)
        {
            _isEstablished = true;
            Put(new RedisMessage(RedisMessageKind.Established, "", default));
        }
    }

    public void Interrupt(RedisMessage message)
    {
        if (_isEstablished)
        {
            _isEstablished = false;
            Put(message);
        }
    }

    public void Put(RedisMessage message) => _messages.Writer.TryWrite(message);

    public void Fail(Exception error) => _messages.Writer.TryComplete(error);

    public async ValueTask<RedisMessage> NextAsync(CancellationToken cancellationToken)
    {
        RedisMessage message;
        try
        {
            if (!_messages.Reader.TryPeek(out _))
            {
                await _messages.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
            }

            if (Interlocked.Exchange(ref _dropped, 0) != 0)
            {
                return new RedisMessage(RedisMessageKind.Overflow, "", default);
            }

            message = await _messages.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException error) when (error.InnerException is { } reason)
        {
            throw Again(reason);
        }

        return message;
    }

    public void Dispose() => _left(this);

    // One error object may go to several readers.
    private static Exception Again(Exception reason) => reason is RedisFaultException fault
        ? new RedisFaultException(fault.Kind, fault.Disposition, fault.Message, fault) { Code = fault.Code }
        : new ObjectDisposedException(nameof(RespChannel));
}
