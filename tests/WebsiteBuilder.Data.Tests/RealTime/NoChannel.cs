namespace WebsiteBuilder.Data.Tests.RealTime;

/// <summary>Whoever asks it anything fails.</summary>
internal sealed class NoChannel : IRedisChannel
{
    public bool SupportsBlocking => false;

    public ValueTask<RedisReply> ExecuteAsync(RedisCommand command, RedisCallOptions options = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask<RedisReplicated> ExecuteReplicatedAsync(
        RedisCommand command, int replicas, TimeSpan patience, RedisCallOptions options = default, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IAsyncEnumerable<RedisMessage> SubscribeAsync(RedisTopic topic, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
