using System.Threading.Channels;
using StackExchange.Redis;

namespace WebsiteBuilder.Data.Multiplexing;

/// <summary>One subscription of the multiplexer as a stream, with a bound.</summary>
internal sealed class MultiplexerSubscription : IAsyncDisposable
{
    private readonly IConnectionMultiplexer _multiplexer;
    private readonly RedisChannel _channel;
    private readonly Channel<RedisMessage> _messages;
    private int _dropped;
    private int _established = 1;

    private MultiplexerSubscription(IConnectionMultiplexer multiplexer, RedisTopic topic, int capacity)
    {
        _multiplexer = multiplexer;
        _channel = new RedisChannel(topic.Name, topic.IsPattern ? RedisChannel.PatternMode.Pattern : RedisChannel.PatternMode.Literal);
        _messages = Channel.CreateBounded<RedisMessage>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Volatile.Write(ref _dropped, 1));
    }

    public static async Task<MultiplexerSubscription> StartAsync(IConnectionMultiplexer multiplexer, RedisTopic topic, int capacity, CancellationToken cancellationToken)
    {
        MultiplexerSubscription subscription = new(multiplexer, topic, capacity);
        multiplexer.ConnectionFailed += subscription.Lost;
        multiplexer.ConnectionRestored += subscription.Restored;
        try
        {
            subscription.Put(RedisMessageKind.Established);
            await multiplexer.GetSubscriber().SubscribeAsync(subscription._channel, subscription.Take).WaitAsync(cancellationToken).ConfigureAwait(false);
            return subscription;
        }
        catch (Exception error)
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw error is RedisException or TimeoutException ? Faults.Of(error, RedisCommand.Read("SUBSCRIBE")) : error;
        }
    }

    public async ValueTask<RedisMessage> NextAsync(CancellationToken cancellationToken)
    {
        await _messages.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false);
        return Interlocked.Exchange(ref _dropped, 0) != 0
            ? new RedisMessage(RedisMessageKind.Overflow, "", default)
            : await _messages.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _multiplexer.ConnectionFailed -= Lost;
        _multiplexer.ConnectionRestored -= Restored;
        Task leaving = _multiplexer.GetSubscriber().UnsubscribeAsync(_channel, Take);
        await leaving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Take(RedisChannel channel, RedisValue message) =>
        _messages.Writer.TryWrite(new RedisMessage(RedisMessageKind.Message, (string)channel!, (byte[]?)message));

    private void Lost(object? sender, ConnectionFailedEventArgs lost)
    {
        if (lost.ConnectionType == ConnectionType.Subscription && Interlocked.Exchange(ref _established, 0) == 1)
        {
            Put(RedisMessageKind.Interrupted);
        }
    }

    private void Restored(object? sender, ConnectionFailedEventArgs restored)
    {
        if (restored.ConnectionType == ConnectionType.Subscription && Interlocked.Exchange(ref _established, 1) == 0)
        {
            Put(RedisMessageKind.Established);
        }
    }

    private void Put(RedisMessageKind kind) => _messages.Writer.TryWrite(new RedisMessage(kind, "", default));
}
