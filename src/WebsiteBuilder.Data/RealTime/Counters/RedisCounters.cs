using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>Numbers that many processes count on: exact while the primary serves, one round trip, each atomic. Thread-safe.</summary>
/// <remarks>
/// Values are whole numbers of 64 bits (bounded counters: of ±2^53); beyond that Redis refuses (<see cref="RedisFaultKind.Rejected"/>). A counter that nobody made is 0. A failover may
/// forget the last additions: replication is asynchronous. An addition whose outcome is <see cref="WriteDisposition.Ambiguous"/> may count; repeat it
/// with <see cref="AddOnceAsync"/> if it must count once.
/// </remarks>
public sealed class RedisCounters
{
    private const string Kind = "count";
    private const long MaxExact = 1L << 53;

    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan MaxTime = TimeSpan.FromDays(3_660);

    private static readonly RedisScript Add = new("""
        local value = redis.call('INCRBY', KEYS[1], ARGV[1])
        if ARGV[2] ~= '0' and redis.call('PTTL', KEYS[1]) < 0 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return value
        """);

    private static readonly RedisScript Once = new("""
        if redis.call('EXISTS', KEYS[2]) == 1 then return {0, redis.call('GET', KEYS[1]) or '0'} end
        local value = redis.call('INCRBY', KEYS[1], ARGV[1])
        redis.call('SET', KEYS[2], '1', 'PX', ARGV[2])
        return {1, value}
        """);

    private static readonly RedisScript Within = new("""
        local value = tonumber(redis.call('GET', KEYS[1]) or '0')
        local next = value + tonumber(ARGV[1])
        if next < tonumber(ARGV[2]) or next > tonumber(ARGV[3]) then return {0, value} end
        return {1, redis.call('INCRBY', KEYS[1], ARGV[1])}
        """);

    private readonly RealTimeContext _context;

    internal RedisCounters(RealTimeContext context) => _context = context;

    /// <summary>Adds to a counter.</summary>
    /// <param name="name">The counter: 1 to 256 characters.</param>
    /// <param name="delta">What to add; below 0 to take away. Default: 1.</param>
    /// <param name="lifetime">When the counter ends, from its first addition on: 1 ms to 10 years. Default: never.</param>
    /// <param name="cancellationToken">Stops waiting; it may be added nevertheless.</param>
    /// <returns>The new value.</returns>
    /// <exception cref="ArgumentException">The name is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked, or the value would overflow.</exception>
    public async ValueTask<long> AddAsync(string name, long delta = 1, TimeSpan? lifetime = null, CancellationToken cancellationToken = default)
    {
        if (lifetime is { } time)
        {
            Bounds.Require(time, MinTime, MaxTime, nameof(lifetime));
        }

        return (await _context.RunAsync(Add, [KeyOf(name)], [delta, Bounds.Milliseconds(lifetime ?? TimeSpan.Zero)], cancellationToken).ConfigureAwait(false)).AsInt64();
    }

    /// <summary>Adds to a counter, unless the same operation has done so already: safe to repeat after an ambiguous fault.</summary>
    /// <param name="name">The counter: 1 to 256 characters.</param>
    /// <param name="operation">What names the operation: 1 to 256 characters.</param>
    /// <param name="delta">What to add.</param>
    /// <param name="remembered">How long the operation is remembered: 1 ms to 10 years.</param>
    /// <param name="cancellationToken">Stops waiting; it may be added nevertheless.</param>
    /// <returns>Whether it was added by this call, and the value.</returns>
    /// <exception cref="ArgumentException">A name is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked, or the value would overflow.</exception>
    public async ValueTask<CounterResult> AddOnceAsync(string name, string operation, long delta, TimeSpan remembered, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(operation, nameof(operation));
        Bounds.Require(remembered, MinTime, MaxTime, nameof(remembered));
        KeySpace.RequireName(name, nameof(name));
        // Of a fixed length, and without braces: names can't be mistaken for one another.
        var mark = _context.Keys.Key(Kind, name, $"op:{NameHash.Of(operation)}");
        return Read(await _context.RunAsync(Once, [KeyOf(name), mark], [delta, Bounds.Milliseconds(remembered)], cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds to a counter if the result stays within bounds, else leaves it: for quotas and stock.</summary>
    /// <param name="name">The counter: 1 to 256 characters.</param>
    /// <param name="delta">What to add: ±2^53.</param>
    /// <param name="least">What the result must be at least: ±2^53.</param>
    /// <param name="most">What the result must be at most: ±2^53, and not below <paramref name="least"/>.</param>
    /// <param name="cancellationToken">Stops waiting; it may be added nevertheless.</param>
    /// <returns>Whether it was added, and the value.</returns>
    /// <exception cref="ArgumentException">The name is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<CounterResult> AddWithinAsync(string name, long delta, long least, long most, CancellationToken cancellationToken = default)
    {
        Bounds.Require(delta, -MaxExact, MaxExact, nameof(delta));
        Bounds.Require(least, -MaxExact, MaxExact, nameof(least));
        Bounds.Require(most, least, MaxExact, nameof(most));
        return Read(await _context.RunAsync(Within, [KeyOf(name)], [delta, least, most], cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Reads a counter.</summary>
    /// <param name="name">The counter: 1 to 256 characters.</param>
    /// <param name="target">Which node may answer; a replica may be any amount behind. Default: the primary.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The value; 0 if there is none.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask<long> GetAsync(string name, RedisTarget target = RedisTarget.Primary, CancellationToken cancellationToken = default)
    {
        var reply = await _context.Channel.ExecuteAsync(RedisCommand.Read("GET", KeyOf(name)), new RedisCallOptions(target), cancellationToken).ConfigureAwait(false);
        return reply.IsNull ? 0 : reply.AsInt64();
    }

    /// <summary>Takes a counter away and says what it was: what is added meanwhile counts for the next one.</summary>
    /// <param name="name">The counter: 1 to 256 characters.</param>
    /// <param name="cancellationToken">Stops waiting; it may be gone nevertheless.</param>
    /// <returns>Its last value; 0 if there was none.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked. If that is ambiguous, the value may be lost.</exception>
    public async ValueTask<long> TakeAsync(string name, CancellationToken cancellationToken = default)
    {
        var reply = await _context.Channel.ExecuteAsync(RedisCommand.Write("GETDEL", KeyOf(name)), cancellationToken: cancellationToken).ConfigureAwait(false);
        return reply.IsNull ? 0 : reply.AsInt64();
    }

    private static CounterResult Read(RedisReply reply) => new(reply.AsItems()[0].AsBoolean(), reply.Items[1].AsInt64());

    private RedisArgument KeyOf(string name)
    {
        KeySpace.RequireName(name, nameof(name));
        return _context.Keys.Key(Kind, name, "value");
    }
}

/// <summary>What became of a conditional addition.</summary>
/// <param name="IsAdded">Whether this call added.</param>
/// <param name="Value">The counter's value now.</param>
public readonly record struct CounterResult(bool IsAdded, long Value);
