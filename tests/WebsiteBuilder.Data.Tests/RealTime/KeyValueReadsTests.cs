namespace WebsiteBuilder.Data.Tests.RealTime;

public sealed class KeyValueReadsTests
{
    private static readonly RedisFaultException Gone = new(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "");

    [Theory]
    [InlineData(ConsistencyLevel.Eventual, 1)]
    [InlineData(ConsistencyLevel.Session, 1)]
    [InlineData(ConsistencyLevel.Session, 2)]
    [InlineData(ConsistencyLevel.Session, 3)]
    [InlineData(ConsistencyLevel.Strong, 1)]
    public async Task The_shortest_timeouts_give_every_node_that_is_asked_a_millisecond_at_least(ConsistencyLevel level, int milliseconds)
    {
        await using Recorder channel = new();
        var keys = new RealTimeStore(channel).KeyValues();
        var timeout = TimeSpan.FromMilliseconds(milliseconds);
        Assert.Same(Gone, await Assert.ThrowsAsync<RedisFaultException>(async () => await keys.GetAsync("a", new ReadOptions { Consistency = level, Timeout = timeout })));
        Assert.NotEmpty(channel.Timeouts);
        Assert.All(channel.Timeouts, each => Assert.InRange(each, TimeSpan.FromMilliseconds(1), timeout));
    }

    private sealed class Recorder : IRedisChannel
    {
        public List<TimeSpan> Timeouts { get; } = [];

        public bool SupportsBlocking => false;

        public ValueTask<RedisReply> ExecuteAsync(RedisCommand command, RedisCallOptions options = default, CancellationToken cancellationToken = default)
        {
            Timeouts.Add(options.Timeout!.Value);
            return ValueTask.FromException<RedisReply>(Gone);
        }

        public ValueTask<RedisReplicated> ExecuteReplicatedAsync(
            RedisCommand command, int replicas, TimeSpan patience, RedisCallOptions options = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public IAsyncEnumerable<RedisMessage> SubscribeAsync(RedisTopic topic, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
