using System.Security.Cryptography;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using WebsiteBuilder.Data.RealTime;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data;

/// <summary>
/// What is quick, shared by many processes and may be lost: keys and values, sessions, presence, rate limits, locks, counters, messages, queues, carts, in one Redis
/// deployment. Thread-safe; make one per channel and keep it. It costs nothing to make, and doesn't own the channel.
/// </summary>
/// <remarks>
/// Redis replicates asynchronously: a failover can lose what was acknowledged a moment before. Each part says what that means for it, and
/// <c>docs/redis.md</c> has a table. A Redis belongs to one region and one jurisdiction: what is put into it stays there.
/// </remarks>
public sealed class RealTimeStore
{
    private const string CartSpace = "cart";

    private readonly RealTimeContext _context;
    private readonly KeyValuePolicy _keyValues;
    private readonly RegionId _region;
    private readonly IReadOnlyCollection<Territory>? _territories;

    /// <summary>Makes a store.</summary>
    /// <param name="channel">The way to Redis.</param>
    /// <param name="options">Settings, which are copied. Default: as <see cref="RealTimeOptions"/> has it.</param>
    /// <param name="time">The clock for waiting and for the rest of leases. Default: the system's.</param>
    /// <param name="loggers">Where what goes wrong in the background is logged. Default: nowhere.</param>
    /// <exception cref="ArgumentException">A setting is malformed or out of range.</exception>
    public RealTimeStore(IRedisChannel channel, RealTimeOptions? options = null, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        ArgumentNullException.ThrowIfNull(channel);
        options ??= new RealTimeOptions();
        _context = new RealTimeContext(
            channel,
            new KeySpace(options.Prefix),
            new EngineRuntime(time ?? TimeProvider.System, new Random()),
            RandomNumberGenerator.Fill,
            (loggers ?? NullLoggerFactory.Instance).CreateLogger<RealTimeStore>());
        options.KeyValues.Require();
        if (options.Jurisdiction is { Length: 0 or > 64 })
        {
            throw new ArgumentException("A jurisdiction is 1 to 64 characters.", nameof(options));
        }

        (_keyValues, _region, Jurisdiction, _territories) = (options.KeyValues, options.Region, options.Jurisdiction, options.Territories is { } territories ? [.. territories] : null);
        RateLimiter = new RedisRateLimiter(_context);
        Locks = new RedisLocks(_context);
        Sessions = new RedisUserSessions(_context, options.Sessions);
        Presence = new RedisPresence(_context, options.Presence);
        Counters = new RedisCounters(_context);
        Connections = new RedisConnections(_context);
    }

    /// <summary>How often something may be done.</summary>
    public RedisRateLimiter RateLimiter { get; }

    /// <summary>Locks over processes.</summary>
    public RedisLocks Locks { get; }

    /// <summary>Sign-in sessions of users.</summary>
    public RedisUserSessions Sessions { get; }

    /// <summary>Who is where.</summary>
    public RedisPresence Presence { get; }

    /// <summary>Numbers that many processes count on.</summary>
    public RedisCounters Counters { get; }

    /// <summary>Which process holds which user's connections.</summary>
    public RedisConnections Connections { get; }

    internal string? Jurisdiction { get; }

    internal KeyValuePolicy KeyValuePolicy => _keyValues;

    internal RealTimeContext Context => _context;

    /// <summary>The residency rule, when it is needed: other parts of the store do without.</summary>
    private CartResidency CartResidency => new(Jurisdiction, _territories);

    /// <summary>Keys and values as part of a session: its token says what it has written and seen here, too.</summary>
    /// <param name="session">A session of a <see cref="DataClient"/>.</param>
    /// <exception cref="ArgumentException">It is another one's.</exception>
    public IKeyValueStore KeyValues(IDataSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session is ISessionOwner owner
            ? new SessionKeyValueStore(_context, _keyValues, _region, owner.State)
            : throw new ArgumentException("Only sessions of a DataClient are known here; resume from a token instead.", nameof(session));
    }

    /// <summary>Shopping carts as part of a session. The client's entities must have <see cref="CartMap"/>, as <see cref="WebsiteBuilderEntities"/> registers it.</summary>
    /// <param name="session">A session of a <see cref="DataClient"/>.</param>
    /// <param name="policy">How carts are kept. Default: <see cref="CartPolicy.Default"/>.</param>
    /// <exception cref="ArgumentException">It is another one's session, or something of the policy is out of range.</exception>
    /// <exception cref="InvalidOperationException">The store has a jurisdiction, but no <see cref="RealTimeOptions.Territories"/>.</exception>
    public RedisCarts Carts(IDataSession session, CartPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session is ISessionOwner owner
            ? new RedisCarts(_context, _region, policy ?? CartPolicy.Default, CartResidency, session, new SessionKeyValueStore(_context, _keyValues, _region, owner.State, CartSpace))
            : throw new ArgumentException("Only sessions of a DataClient have carts.", nameof(session));
    }

    /// <summary>What brings shopping carts to PostgreSQL. The client's entities must have <see cref="CartMap"/>.</summary>
    /// <param name="client">A <see cref="DataClient"/>.</param>
    /// <param name="policy">How carts are kept. Default: <see cref="CartPolicy.Default"/>.</param>
    /// <exception cref="ArgumentException">Something of the policy is out of range.</exception>
    /// <exception cref="InvalidOperationException">The store has a jurisdiction, but no <see cref="RealTimeOptions.Territories"/>.</exception>
    public CartSynchronizer CartSynchronizer(IDataClient client, CartPolicy? policy = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new CartSynchronizer(_context, policy ?? CartPolicy.Default, CartResidency, client, state => new SessionKeyValueStore(_context, _keyValues, _region, state, CartSpace));
    }

    /// <summary>Keys and values with a session of their own.</summary>
    /// <param name="resume">What an earlier session has written and seen. A signature isn't looked at, and the tokens that come of it have none: for that, use a session of a <see cref="DataClient"/>.</param>
    public IKeyValueStore KeyValues(SessionToken resume = default) => new SessionKeyValueStore(_context, _keyValues, _region, new SessionState(resume));

    /// <summary>Messages of one type, at most once.</summary>
    /// <typeparam name="T">What is sent.</typeparam>
    /// <param name="name">The topic: 1 to 256 characters.</param>
    /// <param name="type">How it becomes JSON.</param>
    /// <exception cref="ArgumentException">The name is null, empty or too long.</exception>
    public RedisMessages<T> Messages<T>(string name, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new RedisMessages<T>(_context, name, type);
    }

    /// <summary>A queue, at least once. It exists by being used.</summary>
    /// <param name="name">The queue: 1 to 256 characters.</param>
    /// <param name="policy">How it treats messages; all who use the queue should have the same. Default: <see cref="RedisQueuePolicy.Default"/>.</param>
    /// <exception cref="ArgumentException">The name is null, empty or too long, or something of the policy is out of range.</exception>
    public RedisQueue Queue(string name, RedisQueuePolicy? policy = null) => new(_context, name, policy ?? RedisQueuePolicy.Default);
}
