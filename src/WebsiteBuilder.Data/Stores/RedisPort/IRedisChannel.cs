namespace WebsiteBuilder.Data;

/// <summary>
/// The way to one Redis deployment: a single node, a primary with replicas, or a cluster. The port between whatever is built on Redis and
/// whatever speaks to it: a client of our own, or an application's behind a package of its own.
/// </summary>
/// <remarks>
/// <para>Thread-safe. Commands of many callers share connections: they are pipelined, and no caller can change a connection's state for
/// others. Hence no <c>SELECT</c>, <c>MULTI</c>, <c>WATCH</c>, <c>SUBSCRIBE</c> or <c>CLIENT</c> commands here: what must be atomic is a
/// <see cref="RedisScript"/>.</para>
/// <para>Two commands of one caller, the second started after the first was answered, take effect in that order. Of two that are under way
/// at once nothing is promised.</para>
/// <para>A command is sent at most once, unless the answer proves that it had no effect (moved slot, unknown script).</para>
/// <para>All members throw <see cref="RedisFaultException"/>; <see cref="OperationCanceledException"/> for the caller's own cancellation,
/// which leaves open whether the command took effect; <see cref="ObjectDisposedException"/>; and nothing else.</para>
/// </remarks>
public interface IRedisChannel : IAsyncDisposable
{
    /// <summary>
    /// Whether commands marked with <see cref="RedisCommand.AsBlocking"/> are served. If not, they throw <see cref="NotSupportedException"/>,
    /// and the caller must poll.
    /// </summary>
    bool SupportsBlocking { get; }

    /// <summary>Sends one command and waits for its answer.</summary>
    /// <param name="command">The command. Its keys decide which node of a cluster gets it; all must be of one hash slot.</param>
    /// <param name="options">Which node may answer, and for how long to wait.</param>
    /// <param name="cancellationToken">Stops waiting. A command that was written stays written.</param>
    /// <returns>The answer. The task must be awaited once only.</returns>
    /// <exception cref="RedisFaultException">
    /// No answer, or an error as the answer. Errors inside of an array stay there (<see cref="RedisReplyKind.Error"/>).
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="NotSupportedException">The command blocks and <see cref="SupportsBlocking"/> is false.</exception>
    ValueTask<RedisReply> ExecuteAsync(RedisCommand command, RedisCallOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Sends a write to the primary and waits until replicas have it too (<c>WAIT</c>). What was acknowledged by replicas survives a failover
    /// only if one of these replicas is promoted: no more can be promised with Redis.
    /// </summary>
    /// <param name="command">A write.</param>
    /// <param name="replicas">How many replicas to wait for: 1 to 100.</param>
    /// <param name="patience">How long to wait for them: 1 ms to 1 hour. It comes on top of the time for the command itself.</param>
    /// <param name="options">How long to wait for the command's own answer.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>
    /// The answer, and how many replicas have the write: maybe fewer than asked for, and 0 if the connection was lost after the write was
    /// answered. That is no error: the write is in.
    /// </returns>
    /// <exception cref="RedisFaultException">As <see cref="ExecuteAsync"/>.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    /// <exception cref="NotSupportedException">The channel can't address the node that took the write: an adapter over a cluster.</exception>
    ValueTask<RedisReplicated> ExecuteReplicatedAsync(
        RedisCommand command, int replicas, TimeSpan patience, RedisCallOptions options = default, CancellationToken cancellationToken = default);

    /// <summary>
    /// Listens to a topic. The stream goes on by itself over lost connections and failovers until it is cancelled or no longer enumerated;
    /// messages sent meanwhile are lost, as Redis has it: <see cref="RedisMessageKind.Interrupted"/> and
    /// <see cref="RedisMessageKind.Established"/> tell when.
    /// </summary>
    /// <param name="topic">What to listen to.</param>
    /// <param name="cancellationToken">Ends the stream with <see cref="OperationCanceledException"/>.</param>
    /// <returns>A stream for one reader. It listens from its first <see cref="RedisMessageKind.Established"/> on.</returns>
    /// <exception cref="RedisFaultException">The server lets us in nowhere: <see cref="RedisFaultKind.Denied"/>.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    IAsyncEnumerable<RedisMessage> SubscribeAsync(RedisTopic topic, CancellationToken cancellationToken = default);
}
