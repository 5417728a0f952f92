using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// A queue on a Redis stream: many producers, many consumers, each message to one of them at a time, again to another one if it isn't acknowledged within
/// its lease, and to the dead letters if that happens too often. Thread-safe.
/// </summary>
/// <remarks>
/// <para><b>At least once</b>, while the primary serves: a message whose work was done is given again if its acknowledgement came late. Do work that may be
/// done twice. Messages come in the order in which they were added, those given again first; with several consumers that says nothing of the
/// order of their ends.</para>
/// <para><b>What Redis can't promise.</b> A failover can lose messages that were acknowledged to their producers a moment before, and bring back those whose end was
/// acknowledged. <see cref="RedisDurability"/> makes it unlikely. What must not be lost belongs into <see cref="JobQueue"/>, in PostgreSQL.</para>
/// <para>All of a queue is in one hash slot: one node bears it. Over several names it spreads.</para>
/// </remarks>
#pragma warning disable CA1711 // It is what everybody calls it, and no collection.
public sealed class RedisQueue
#pragma warning restore CA1711
{
    /// <summary>The longest payload, in bytes.</summary>
    public const int MaxPayload = 1024 * 1024;

    /// <summary>The most messages of one call.</summary>
    public const int MaxBatch = 1_000;

    private const string Kind = "queue";

    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan BlockingGrace = TimeSpan.FromSeconds(1);

    private readonly RealTimeContext _context;
    private readonly RedisQueuePolicy _policy;

    internal RedisQueue(RealTimeContext context, string name, RedisQueuePolicy policy)
    {
        KeySpace.RequireName(name, nameof(name));
        policy.Require();
        (_context, Name, _policy) = (context, name, policy);
    }

    /// <summary>The queue.</summary>
    public string Name { get; }

    private RedisArgument[] Keys => [_context.Keys.Key(Kind, Name, "all"), _context.Keys.Key(Kind, Name, "dead")];

    /// <summary>Adds messages, all or none of them.</summary>
    /// <param name="payloads">1 to <see cref="MaxBatch"/>, each at most <see cref="MaxPayload"/> bytes.</param>
    /// <param name="durability">Makes it wait for replicas; what they don't confirm in time is in nevertheless. Default: none.</param>
    /// <param name="cancellationToken">Stops waiting; they may be in nevertheless.</param>
    /// <returns>How many replicas have confirmed them; 0 if that wasn't asked for.</returns>
    /// <exception cref="ArgumentException">There are none or too many, or one is too long.</exception>
    /// <exception cref="ThrottledException">They don't fit: <see cref="RedisQueuePolicy.MaxLength"/>. None is in.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked. If that is ambiguous they may be in; added again they may be in twice.</exception>
    public async ValueTask<int> AddAsync(
        IReadOnlyCollection<ReadOnlyMemory<byte>> payloads, RedisDurability? durability = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(payloads);
        if (payloads.Count is < 1 or > MaxBatch || payloads.Any(static payload => payload.Length > MaxPayload))
        {
            throw new ArgumentException("There are no messages or too many, or one is too long.", nameof(payloads));
        }

        RedisArgument[] arguments = [_policy.MaxLength, .. payloads.Select(static payload => (RedisArgument)payload)];
        var (reply, replicas) = await _context.RunAsync(QueueScripts.Add, Keys, arguments, durability, cancellationToken).ConfigureAwait(false);
        return !reply.IsNull
            ? replicas
            : throw new ThrottledException("The queue holds as many messages as it may.") { Disposition = WriteDisposition.NotApplied };
    }

    /// <summary>Takes messages: those whose lease is over first, then new ones.</summary>
    /// <param name="consumer">Who takes them: 1 to 256 characters, another one for each process.</param>
    /// <param name="count">How many at most: 1 to <see cref="MaxBatch"/>.</param>
    /// <param name="wait">How long to wait for the first one: 0 to 1 hour. One that is added meanwhile is had at once where the channel can block (<see cref="IRedisChannel.SupportsBlocking"/>), else by asking again. Default: not at all.</param>
    /// <param name="cancellationToken">Stops waiting; messages that were taken come again when their lease is over.</param>
    /// <returns>The messages; none if there are none.</returns>
    /// <exception cref="ArgumentException">The consumer is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked. If that is ambiguous, messages may be taken until their lease is over.</exception>
    public async Task<IReadOnlyList<RedisQueueMessage>> TakeAsync(string consumer, int count = 1, TimeSpan wait = default, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(consumer, nameof(consumer));
        Bounds.Require(count, 1, MaxBatch, nameof(count));
        Bounds.Require(wait, TimeSpan.Zero, MaxWait, nameof(wait));
        var (end, pause) = (_context.Runtime.Now + wait, _context.Channel.SupportsBlocking ? LastPause : FirstPause);
        while (true)
        {
            var reply = await _context
                .RunAsync(QueueScripts.Take, Keys, [consumer, count, Bounds.Milliseconds(_policy.Lease), _policy.MaxDeliveries, _policy.MaxDead], cancellationToken)
                .ConfigureAwait(false);
            var left = end - _context.Runtime.Now;
            if (reply.Items.Length > 0)
            {
                return Read(reply);
            }

            if (left <= TimeSpan.Zero)
            {
                return [];
            }

            var jittered = _context.Runtime.Jitter(pause);
            await UntilAddedAsync(reply.AsString()!, jittered < left ? jittered : left, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LastPause ? pause * 2 : LastPause;
        }
    }

    /// <summary>Says that messages are done with: they are deleted, if the consumer still has them.</summary>
    /// <param name="consumer">Who took them.</param>
    /// <param name="messages">The messages: at most <see cref="MaxBatch"/>.</param>
    /// <param name="cancellationToken">Stops waiting; they may be gone nevertheless.</param>
    /// <returns>How many were deleted: fewer if another consumer has got some, whose work will be done again.</returns>
    /// <exception cref="ArgumentException">A name is null or empty, or there are too many.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked. It is safe to repeat.</exception>
    public ValueTask<int> AcknowledgeAsync(string consumer, IReadOnlyCollection<RedisQueueMessage> messages, CancellationToken cancellationToken = default) =>
        DoAsync(QueueScripts.Acknowledge, consumer, messages, cancellationToken);

    /// <summary>Begins the leases of messages anew.</summary>
    /// <inheritdoc cref="AcknowledgeAsync"/>
    /// <returns>How many the consumer still has.</returns>
    public ValueTask<int> RenewAsync(string consumer, IReadOnlyCollection<RedisQueueMessage> messages, CancellationToken cancellationToken = default) =>
        DoAsync(QueueScripts.Renew, consumer, messages, cancellationToken);

    /// <summary>Gives messages back, so that somebody else may have them at once. The delivery counts.</summary>
    /// <inheritdoc cref="AcknowledgeAsync"/>
    /// <returns>How many the consumer still had.</returns>
    public ValueTask<int> ReturnAsync(string consumer, IReadOnlyCollection<RedisQueueMessage> messages, CancellationToken cancellationToken = default) =>
        DoAsync(QueueScripts.Return, consumer, messages, cancellationToken);

    /// <summary>How the queue is doing.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<RedisQueueState> StateAsync(CancellationToken cancellationToken = default)
    {
        var reply = await _context.RunAsync(QueueScripts.State, Keys, [], cancellationToken).ConfigureAwait(false);
        return new RedisQueueState(reply.AsItems()[0].AsInt64(), reply.Items[1].AsInt64(), reply.Items[2].AsInt64());
    }

    /// <summary>Reads dead letters, the oldest first, and leaves them where they are.</summary>
    /// <param name="count">How many at most: 1 to <see cref="MaxBatch"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The messages, under the ids that they had, with the number of deliveries in vain.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is out of range.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async Task<IReadOnlyList<RedisQueueMessage>> ReadDeadAsync(int count = 100, CancellationToken cancellationToken = default)
    {
        Bounds.Require(count, 1, MaxBatch, nameof(count));
        var reply = await _context.Channel.ExecuteAsync(RedisCommand.Read("XRANGE", Keys[1], "-", "+", "COUNT", count), cancellationToken: cancellationToken).ConfigureAwait(false);
        List<RedisQueueMessage> dead = [];
        foreach (var entry in reply.AsItems())
        {
            var fields = entry.AsItems()[1];
            dead.Add(new RedisQueueMessage(fields["id"].AsString()!, fields["p"].AsBytes(), (int)fields["n"].AsInt64()));
        }

        return dead;
    }

    /// <summary>Deletes all dead letters.</summary>
    /// <param name="cancellationToken">Stops waiting; they may be gone nevertheless.</param>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask DeleteDeadAsync(CancellationToken cancellationToken = default) =>
        await _context.Channel.ExecuteAsync(RedisCommand.Write("DEL", Keys[1]), cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <summary>Waits until something is added behind an id, but not longer than a pause: leases end without anything being added.</summary>
    private async Task UntilAddedAsync(string id, TimeSpan pause, CancellationToken cancellationToken)
    {
        var start = _context.Runtime.Now;
        if (_context.Channel.SupportsBlocking)
        {
            try
            {
                var block = Math.Max(1, Bounds.Milliseconds(pause));
                var wait = RedisCommand.Read("XREAD", "COUNT", 1, "BLOCK", block, "STREAMS", Keys[0], id).AsBlocking();
                var added = await _context.Channel.ExecuteAsync(wait, new RedisCallOptions(Timeout: pause + BlockingGrace), cancellationToken).ConfigureAwait(false);
                if (!added.IsNull)
                {
                    return;
                }
            }
            catch (RedisFaultException fault) when (fault.IsTransient)
            {
                // Too many wait already, or the connection is lost: then by time alone.
            }
        }

        await _context.Runtime.Delay(pause - (_context.Runtime.Now - start), cancellationToken).ConfigureAwait(false);
    }

    private static List<RedisQueueMessage> Read(RedisReply reply)
    {
        List<RedisQueueMessage> messages = [];
        foreach (var entry in reply.AsItems())
        {
            var parts = entry.AsItems();
            messages.Add(new RedisQueueMessage(parts[0].AsString()!, parts[1].AsBytes(), (int)parts[2].AsInt64()));
        }

        return messages;
    }

    private async ValueTask<int> DoAsync(RedisScript script, string consumer, IReadOnlyCollection<RedisQueueMessage> messages, CancellationToken cancellationToken)
    {
        KeySpace.RequireName(consumer, nameof(consumer));
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(messages.Count, MaxBatch, nameof(messages));
        if (messages.Count == 0)
        {
            return 0;
        }

        RedisArgument[] arguments = [consumer, .. messages.Select(static message => (RedisArgument)message.Id)];
        return (int)(await _context.RunAsync(script, Keys, arguments, cancellationToken).ConfigureAwait(false)).AsInt64();
    }
}
