using System.Runtime.CompilerServices;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data;

/// <summary>
/// A Redis client of our own: RESP3 (RESP2 with old servers), one shared connection per node on which commands are pipelined by themselves,
/// deadlines that hold, and clusters, replicas and Sentinels followed.
/// </summary>
/// <remarks>
/// Thread-safe; make one per deployment and keep it. It connects when it is first used. Threads of its own, two or three per node, read and
/// write, so that answers and deadlines don't depend on the thread pool; what awaits them still does.
/// </remarks>
public sealed class RespChannel : IRedisChannel
{
    private readonly RedisSettings _settings;
    private readonly RedisRouter _router;
    private readonly Subscriptions _subscriptions;
    private int _blocking;
    private int _disposed;

    /// <summary>Makes a channel; nothing is connected yet.</summary>
    /// <param name="options">Settings, which are copied.</param>
    /// <param name="time">The clock. Default: the system's.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is out of range.</exception>
    public RespChannel(RedisChannelOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _settings = options.Validated(new EngineRuntime(time ?? TimeProvider.System, new Random()));
        _router = new RedisRouter(_settings);
        _subscriptions = new Subscriptions(_settings, _router);
    }

    /// <inheritdoc/>
    public bool SupportsBlocking => true;

    /// <inheritdoc/>
    public ValueTask<RedisReply> ExecuteAsync(RedisCommand command, RedisCallOptions options = default, CancellationToken cancellationToken = default)
    {
        if (command.IsBlocking)
        {
            return BlockAsync(command, options, cancellationToken);
        }

        var call = Begin(command, options, staysHere: false, cancellationToken);
        var task = call.Task;
        call.CancelWith(cancellationToken);
        _router.Route(call);
        return task;
    }

    /// <inheritdoc/>
    public async ValueTask<RedisReplicated> ExecuteReplicatedAsync(
        RedisCommand command, int replicas, TimeSpan patience, RedisCallOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(replicas, 100);
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(patience, TimeSpan.FromHours(1));
        options = options with { Target = RedisTarget.Primary };
        var asText = false;
        for (var attempt = 1; ; attempt++)
        {
            await ReadyAsync(options, cancellationToken).ConfigureAwait(false);
            var call = Begin(command, options, staysHere: true, cancellationToken);
            call.ScriptAsText = asText;
            var wait = Begin(
                RedisCommand.Read("WAIT", replicas, (long)Math.Ceiling(patience.TotalMilliseconds)),
                options with { Timeout = (options.Timeout ?? _settings.Timeout) + patience },
                staysHere: true,
                cancellationToken);
            var (answer, waited) = (call.Task, wait.Task);
            call.CancelWith(cancellationToken);
            wait.CancelWith(cancellationToken);
            RedisReply reply;
            try
            {
                _router.Route(call, wait, LaneKind.Replicated);
                reply = await answer.ConfigureAwait(false);
            }
            catch (RedisFaultException fault) when (fault.Disposition == WriteDisposition.NotApplied && attempt <= RedisRouter.MaxRedirections && _router.ShouldTryAgain(fault))
            {
                _ = ObserveAsync(waited);
                asText |= fault.Code == "NOSCRIPT";
                await _settings.Runtime.Delay(TimeSpan.FromMilliseconds(fault.Code is "ASK" or "TRYAGAIN" ? 50 : 0), cancellationToken).ConfigureAwait(false);
                continue;
            }
            catch (RedisFaultException)
            {
                _ = ObserveAsync(waited);
                throw;
            }

            try
            {
                return new RedisReplicated(reply, (int)(await waited.ConfigureAwait(false)).AsInt64());
            }
            catch (RedisFaultException)
            {
                return new RedisReplicated(reply, 0);
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RedisMessage> SubscribeAsync(RedisTopic topic, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic.Name, nameof(topic));
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        using var inbox = _subscriptions.Add(topic);
        while (true)
        {
            yield return await inbox.NextAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Closes every connection. What is under way fails.</summary>
    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _subscriptions.Dispose();
            _router.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask ReadyAsync(RedisCallOptions options, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        return _router.ReadyAsync(options.Timeout ?? _settings.Timeout, cancellationToken);
    }

    // Nobody waits for it any more, but it lets go of the token when it has ended.
    private static async Task ObserveAsync(ValueTask<RedisReply> call) =>
        await ((Task)call.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private RedisCall Begin(in RedisCommand command, RedisCallOptions options, bool staysHere, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (command.Name is null)
        {
            throw new ArgumentException("There is no command.", nameof(command));
        }

        var timeout = options.Timeout ?? _settings.Timeout;
        if (timeout < TimeSpan.FromMilliseconds(1) || timeout > TimeSpan.FromHours(2))
        {
            throw new ArgumentOutOfRangeException(nameof(options), "The timeout is 1 ms to 1 hour.");
        }

        return _router.Begin(command, command.Access == RedisAccess.Write ? RedisTarget.Primary : options.Target, timeout, staysHere);
    }

    private async ValueTask<RedisReply> BlockAsync(RedisCommand command, RedisCallOptions options, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _blocking) > _settings.MaxBlocking)
        {
            Interlocked.Decrement(ref _blocking);
            throw new RedisFaultException(RedisFaultKind.Throttled, WriteDisposition.NotApplied, "Too many blocking commands wait at Redis.");
        }

        try
        {
            return await BlockWithinAsync(command, options, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _blocking);
        }
    }

    private async ValueTask<RedisReply> BlockWithinAsync(RedisCommand command, RedisCallOptions options, CancellationToken cancellationToken)
    {
        var asText = false;
        for (var attempt = 1; ; attempt++)
        {
            await ReadyAsync(options, cancellationToken).ConfigureAwait(false);
            var call = Begin(command, options, staysHere: true, cancellationToken);
            call.ScriptAsText = asText;
            var task = call.Task;
            call.CancelWith(cancellationToken);
            (RedisNode Node, Lane Lane)? rented = null;
            var answered = false;
            try
            {
                rented = _router.RouteBlocking(call);
                var reply = await task.ConfigureAwait(false);
                answered = true;
                return reply;
            }
            catch (RedisFaultException fault) when (fault.Disposition == WriteDisposition.NotApplied && attempt <= RedisRouter.MaxRedirections && _router.ShouldTryAgain(fault))
            {
                asText |= fault.Code == "NOSCRIPT";
                await _settings.Runtime.Delay(TimeSpan.FromMilliseconds(fault.Code is "ASK" or "TRYAGAIN" ? 50 : 0), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                rented?.Node.ReturnBlocking(rented.Value.Lane, answered);
            }
        }
    }
}
