using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>Messages of one type on one topic, as JSON: publish and subscribe. Thread-safe.</summary>
/// <typeparam name="T">What is sent.</typeparam>
/// <remarks>
/// <b>At most once.</b> Whoever listens when a message is sent gets it, once, if his connection holds and he is quick enough; nobody else ever does.
/// Nothing is kept or sent again. Subscribers are told whenever they may have missed something: they should read anew then what the messages were
/// about. What must arrive belongs into <see cref="RedisQueue"/>. Messages of one publisher that awaits each keep their order; more isn't promised.
/// </remarks>
public sealed class RedisMessages<T>
{
    /// <summary>The longest message, in bytes of JSON.</summary>
    public const int MaxMessage = 1024 * 1024;

    private const string Kind = "topic";

    private readonly RealTimeContext _context;
    private readonly JsonTypeInfo<T> _type;
    private readonly string _topic;

    internal RedisMessages(RealTimeContext context, string name, JsonTypeInfo<T> type)
    {
        KeySpace.RequireName(name, nameof(name));
        (_context, _type, Name, _topic) = (context, type, name, context.Keys.Topic(Kind, name));
    }

    /// <summary>The topic.</summary>
    public string Name { get; }

    /// <summary>Sends a message to whoever listens.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Stops waiting; it may be sent nevertheless.</param>
    /// <returns>How many got it at the node that was asked: 0 in a cluster doesn't mean that nobody did.</returns>
    /// <exception cref="ArgumentException">The message is longer than <see cref="MaxMessage"/>.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked. If that is ambiguous it may have been sent; sent again it may come twice.</exception>
    public async ValueTask<int> PublishAsync(T message, CancellationToken cancellationToken = default)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, _type);
        if (json.Length > MaxMessage)
        {
            throw new ArgumentException("The message is longer than 1 MiB of JSON.", nameof(message));
        }

        return (int)(await _context.Channel.ExecuteAsync(RedisCommand.Write("PUBLISH", _topic, json), cancellationToken: cancellationToken).ConfigureAwait(false)).AsInt64();
    }

    /// <summary>Listens, from the first <see cref="RedisTopicEventKind.Established"/> on, until it is cancelled or no longer enumerated.</summary>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="RedisFaultException">Redis lets us in nowhere.</exception>
    public async IAsyncEnumerable<RedisTopicEvent<T>> SubscribeAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var message in _context.Channel.SubscribeAsync(RedisTopic.Named(_topic), cancellationToken).ConfigureAwait(false))
        {
            yield return message.Kind == RedisMessageKind.Message ? Read(message.Payload.Span) : new RedisTopicEvent<T>((RedisTopicEventKind)message.Kind, default);
        }
    }

    private RedisTopicEvent<T> Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return new RedisTopicEvent<T>(RedisTopicEventKind.Message, JsonSerializer.Deserialize(json, _type));
        }
        catch (JsonException)
        {
            return new RedisTopicEvent<T>(RedisTopicEventKind.Unreadable, default);
        }
    }
}
