using System.Buffers.Text;
using Microsoft.Extensions.Logging;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>Fills bytes so that nobody can guess them.</summary>
internal delegate void FillWithSecrets(Span<byte> bytes);

/// <summary>What everything of this room shares.</summary>
internal sealed class RealTimeContext(IRedisChannel channel, KeySpace keys, EngineRuntime runtime, FillWithSecrets secrets, ILogger logger)
{
    private const int IdBytes = 16;

    public IRedisChannel Channel { get; } = channel;

    public KeySpace Keys { get; } = keys;

    public EngineRuntime Runtime { get; } = runtime;

    public ILogger Logger { get; } = logger;

    /// <summary>128 bits that nobody can guess, in 22 letters.</summary>
    public string NewId()
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        secrets(bytes);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>A name for a history of writes, in eight digits: unlikely to be another's, and not 0.</summary>
    public string NewHistory()
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        secrets(bytes);
        return (BitConverter.ToUInt32(bytes) | 1).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }

    public ValueTask<RedisReply> RunAsync(RedisScript script, ReadOnlySpan<RedisArgument> keys, ReadOnlySpan<RedisArgument> arguments, CancellationToken cancellationToken) =>
        Channel.ExecuteAsync(script.Run(keys, arguments), cancellationToken: cancellationToken);

    /// <summary>Runs a write, and waits for replicas if that was asked for.</summary>
    public ValueTask<RedisReplicated> RunAsync(RedisScript script, ReadOnlySpan<RedisArgument> keys, ReadOnlySpan<RedisArgument> arguments, RedisDurability? durability, CancellationToken cancellationToken)
    {
        var command = script.Run(keys, arguments);
        return durability is { } asked
            ? Channel.ExecuteReplicatedAsync(command, asked.Replicas, asked.Patience, cancellationToken: cancellationToken)
            : PlainAsync(command, cancellationToken);
    }

    private async ValueTask<RedisReplicated> PlainAsync(RedisCommand command, CancellationToken cancellationToken) =>
        new(await Channel.ExecuteAsync(command, cancellationToken: cancellationToken).ConfigureAwait(false), 0);
}
