using System.Runtime.CompilerServices;
using StackExchange.Redis;
using WebsiteBuilder.Data.Multiplexing;

namespace WebsiteBuilder.Data;

/// <summary>
/// An application's own <see cref="IConnectionMultiplexer"/> as a Redis channel: one set of connections for the application and the library.
/// Built and tested with StackExchange.Redis 1.2.6, out of what later versions have too.
/// </summary>
/// <remarks>
/// <para>Thread-safe. The multiplexer stays the application's: nothing here closes it.</para>
/// <para>What the multiplexer doesn't do, this can't either: blocking commands (its connections are shared); <c>WAIT</c> in a cluster (a
/// command without a key goes anywhere); deadlines while the thread pool is starved; a bound on what is in flight. A call that ran out of
/// time is left behind, and the multiplexer still sends it. A lost connection doesn't say whether a command was sent, unless there was none.</para>
/// </remarks>
public sealed class MultiplexerChannel : IRedisChannel
{
    private readonly IConnectionMultiplexer _multiplexer;
    private readonly IDatabase _database;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly int _maxUnread;
    private volatile bool _disposed;

    /// <summary>Makes a channel over a multiplexer.</summary>
    /// <param name="multiplexer">The application's.</param>
    /// <param name="options">Settings; null for the defaults.</param>
    /// <param name="time">The clock. Default: the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public MultiplexerChannel(IConnectionMultiplexer multiplexer, MultiplexerChannelOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(multiplexer);
        options ??= new MultiplexerChannelOptions();
        RequireTimeout(options.Timeout, nameof(options));
        if (options.MaxUnreadMessages is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"{nameof(MultiplexerChannelOptions.MaxUnreadMessages)} is 1 to 1,000,000.");
        }

        _multiplexer = multiplexer;
        _database = multiplexer.GetDatabase(options.Database);
        _time = time ?? TimeProvider.System;
        (_timeout, _maxUnread) = (options.Timeout, options.MaxUnreadMessages);
    }

    /// <summary>False: whatever waits at the server would hold up the application's own commands.</summary>
    public bool SupportsBlocking => false;

    /// <inheritdoc/>
    public ValueTask<RedisReply> ExecuteAsync(RedisCommand command, RedisCallOptions options = default, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (command.Name is null)
        {
            throw new ArgumentException("There is no command.", nameof(command));
        }

        if (command.IsBlocking)
        {
            throw new NotSupportedException("The multiplexer's connections are shared, so that no command may block: poll instead.");
        }

        var timeout = options.Timeout ?? _timeout;
        RequireTimeout(timeout, nameof(options));
        cancellationToken.ThrowIfCancellationRequested();
        return RunAsync(command, Flags(command, options.Target), timeout, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<RedisReplicated> ExecuteReplicatedAsync(
        RedisCommand command, int replicas, TimeSpan patience, RedisCallOptions options = default, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(replicas, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(replicas, 100);
        RequireTimeout(patience, nameof(patience));
        if (IsCluster())
        {
            throw new NotSupportedException("WAIT has no key, so that the multiplexer may send it to another node of the cluster than the write.");
        }

        var reply = await ExecuteAsync(command, options with { Target = RedisTarget.Primary }, cancellationToken).ConfigureAwait(false);
        try
        {
            // It counts what this connection has written, and both go over the same one.
            var wait = RedisCommand.Write("WAIT", replicas, (long)Math.Ceiling(patience.TotalMilliseconds));
            var reached = await RunAsync(wait, CommandFlags.None, (options.Timeout ?? _timeout) + patience, cancellationToken).ConfigureAwait(false);
            return new RedisReplicated(reply, (int)reached.AsInt64());
        }
        catch (RedisFaultException)
        {
            return new RedisReplicated(reply, 0);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RedisMessage> SubscribeAsync(RedisTopic topic, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(topic.Name, nameof(topic));
        ObjectDisposedException.ThrowIf(_disposed, this);
        var subscription = await MultiplexerSubscription.StartAsync(_multiplexer, topic, _maxUnread, cancellationToken).ConfigureAwait(false);
        await using var closing = subscription.ConfigureAwait(false);
        while (true)
        {
            yield return await subscription.NextAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets go of the multiplexer, which stays open.</summary>
    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return ValueTask.CompletedTask;
    }

    private static void RequireTimeout(TimeSpan timeout, string name)
    {
        if (timeout < TimeSpan.FromMilliseconds(1) || timeout > TimeSpan.FromHours(1))
        {
            throw new ArgumentOutOfRangeException(name, "A time is 1 ms to 1 hour.");
        }
    }

    // By number: their names changed between versions, what they mean didn't.
    private static CommandFlags Flags(in RedisCommand command, RedisTarget target) => (command.Access, target) switch
    {
        (RedisAccess.Read, RedisTarget.PreferReplica) => (CommandFlags)8,
        (RedisAccess.Read, RedisTarget.Replica) => (CommandFlags)12,
        _ => (CommandFlags)4,
    };

    private async ValueTask<RedisReply> RunAsync(RedisCommand command, CommandFlags flags, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var asText = false;
        while (true)
        {
            try
            {
                var (name, arguments) = Conversion.Command(command, asText);
                var result = await _database.ExecuteAsync(name, arguments, flags).WaitAsync(timeout, _time, cancellationToken).ConfigureAwait(false);
                return Conversion.Reply(result);
            }
            catch (RedisServerException error) when (!asText && command.Script is not null && error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                asText = true;
            }
            catch (Exception error) when (error is RedisException or RedisCommandException or TimeoutException)
            {
                throw Faults.Of(error, command);
            }
        }
    }

    private bool IsCluster()
    {
        foreach (var endpoint in _multiplexer.GetEndPoints())
        {
            if (_multiplexer.GetServer(endpoint).ServerType == ServerType.Cluster)
            {
                return true;
            }
        }

        return false;
    }
}
