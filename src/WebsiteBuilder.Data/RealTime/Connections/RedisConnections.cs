using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Which process holds which user's connections (WebSockets), so that a message for him is sent where he is. When a process dies, all of its connections
/// are gone with it: nobody must clean up after it. Thread-safe.
/// </summary>
/// <remarks>
/// <para>A process says that it lives, once for all of its connections. It must have a name of its own in each of its lives, such as a random one made at its
/// start: what died stays dead.</para>
/// <para>What is found was so a moment ago: the process may have died since, or the connection closed. A failover may forget the last registrations, until
/// they are made again. Users have hash slots of their own, so that a cluster shares them.</para>
/// </remarks>
public sealed class RedisConnections
{
    /// <summary>How long a process counts as alive after its last heartbeat, in seconds.</summary>
    public const int ExpirySeconds = 30;

    /// <summary>How long a connection is kept unless the user registers one again, in days.</summary>
    public const int MaxAgeDays = 7;

    /// <summary>The most connections of one user; the others are refused.</summary>
    public const int MaxPerUser = 1_000;

    private const string UserKind = "connections";
    private const string ProcessKind = "process";
    private const long ExpiryMilliseconds = ExpirySeconds * 1_000L;
    private const long MaxAgeMilliseconds = MaxAgeDays * 24L * 3_600 * 1_000;

    private static readonly RedisScript Add = new("""
        if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
        redis.call('PEXPIRE', KEYS[1], ARGV[4])
        return 1
        """);

    // Only if it is still that process's: the user may have come back to another one.
    private static readonly RedisScript Remove = new("""
        local gone = 0
        for at = 1, #ARGV, 2 do
          if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then gone = gone + redis.call('HDEL', KEYS[1], ARGV[at]) end
        end
        return gone
        """);

    private readonly RealTimeContext _context;

    internal RedisConnections(RealTimeContext context) => _context = context;

    /// <summary>Says that a process lives: call it before the first registration, and then every ten seconds.</summary>
    /// <param name="process">The process: 1 to 256 characters, another name in each of its lives.</param>
    /// <param name="cancellationToken">Stops waiting; it may be said nevertheless.</param>
    /// <exception cref="ArgumentException">The name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask HeartbeatAsync(string process, CancellationToken cancellationToken = default) =>
        await _context.Channel.ExecuteAsync(RedisCommand.Write("SET", KeyOfProcess(process), "1", "PX", ExpiryMilliseconds), cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <summary>Says that a process ends: all of its connections are gone at once.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Stops waiting; it may be said nevertheless.</param>
    /// <exception cref="ArgumentException">The name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked: it is gone when its time is up.</exception>
    public async ValueTask RetireAsync(string process, CancellationToken cancellationToken = default) =>
        await _context.Channel.ExecuteAsync(RedisCommand.Write("DEL", KeyOfProcess(process)), cancellationToken: cancellationToken).ConfigureAwait(false);

    /// <summary>A process holds a connection of a user. One that is known already is that process's from now on.</summary>
    /// <param name="userId">The user: 1 to 256 characters.</param>
    /// <param name="connectionId">The connection: 1 to 256 characters.</param>
    /// <param name="process">The process, which lives.</param>
    /// <param name="cancellationToken">Stops waiting; it may be registered nevertheless.</param>
    /// <exception cref="ArgumentException">A name is null, empty or too long.</exception>
    /// <exception cref="ThrottledException">The user has <see cref="MaxPerUser"/> connections.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask RegisterAsync(string userId, string connectionId, string process, CancellationToken cancellationToken = default)
    {
        Require(connectionId, process);
        for (var attempt = 1; ; attempt++)
        {
            var reply = await _context.RunAsync(Add, [KeyOfUser(userId)], [connectionId, process, MaxPerUser, MaxAgeMilliseconds], cancellationToken).ConfigureAwait(false);
            if (reply.AsBoolean())
            {
                return;
            }

            // To look takes away those of dead processes.
            if (attempt > 1 || (await FindAsync(userId, cancellationToken).ConfigureAwait(false)).Count >= MaxPerUser)
            {
                throw new ThrottledException("The user has as many connections as he may have.") { Disposition = WriteDisposition.NotApplied };
            }
        }
    }

    /// <summary>A process no longer holds a connection of a user.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="connectionId">The connection.</param>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Stops waiting; it may be gone nevertheless.</param>
    /// <returns>Whether it was known as that process's.</returns>
    /// <exception cref="ArgumentException">A name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<bool> UnregisterAsync(string userId, string connectionId, string process, CancellationToken cancellationToken = default)
    {
        Require(connectionId, process);
        return (await _context.RunAsync(Remove, [KeyOfUser(userId)], [connectionId, process], cancellationToken).ConfigureAwait(false)).AsBoolean();
    }

    /// <summary>A user's connections, in no order; those of dead processes are taken away. Two round trips.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<IReadOnlyList<RedisConnection>> FindAsync(string userId, CancellationToken cancellationToken = default)
    {
        var key = KeyOfUser(userId);
        var reply = await _context.Channel.ExecuteAsync(RedisCommand.Read("HGETALL", key), cancellationToken: cancellationToken).ConfigureAwait(false);
        List<RedisConnection> known = [];
        for (var at = 0; at + 1 < reply.AsItems().Length; at += 2)
        {
            known.Add(new RedisConnection(reply.Items[at].AsString()!, reply.Items[at + 1].AsString()!));
        }

        var processes = known.Select(static connection => connection.Process).Distinct(StringComparer.Ordinal).ToList();
        var lives = await Task.WhenAll(processes.Select(process => LivesAsync(process, cancellationToken))).ConfigureAwait(false);
        var dead = processes.Where((_, at) => !lives[at]).ToHashSet(StringComparer.Ordinal);
        if (dead.Count == 0)
        {
            return known;
        }

        RedisArgument[] gone = [.. known.Where(connection => dead.Contains(connection.Process)).SelectMany(static connection => new RedisArgument[] { connection.ConnectionId, connection.Process })];
        await _context.RunAsync(Remove, [key], gone, cancellationToken).ConfigureAwait(false);
        return known.FindAll(connection => !dead.Contains(connection.Process));
    }

    private static void Require(string connectionId, string process)
    {
        KeySpace.RequireName(connectionId, nameof(connectionId));
        KeySpace.RequireName(process, nameof(process));
    }

    private async Task<bool> LivesAsync(string process, CancellationToken cancellationToken) =>
        (await _context.Channel.ExecuteAsync(RedisCommand.Read("EXISTS", KeyOfProcess(process)), cancellationToken: cancellationToken).ConfigureAwait(false)).AsBoolean();

    private RedisArgument KeyOfUser(string userId)
    {
        KeySpace.RequireName(userId, nameof(userId));
        return _context.Keys.Key(UserKind, userId, "held");
    }

    private RedisArgument KeyOfProcess(string process)
    {
        KeySpace.RequireName(process, nameof(process));
        return _context.Keys.Key(ProcessKind, process, "lives");
    }
}
