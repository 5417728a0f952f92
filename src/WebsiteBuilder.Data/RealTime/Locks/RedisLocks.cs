using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Locks over processes, each with a lease and a fencing token. For not doing work twice; where doing it twice does harm, what is written to must
/// check the token. Thread-safe.
/// </summary>
/// <remarks>
/// <para><b>What is promised.</b> While one Redis primary serves and no lease has run out, one holder at a time. Every grant's
/// <see cref="RedisLease.Fence"/> is greater than that of all grants before, over releases and expiries too. Only its holder can extend or release
/// a lease.</para>
/// <para><b>What is not.</b> A lease can run out under a holder that is slow, stopped or cut off: he can't know in time, and another one is let in.
/// A failover can lose a grant (replication is asynchronous; <see cref="RedisDurability"/> makes it unlikely), and then there are two holders. Against
/// both: pass the token with every write, and have the store refuse one that is smaller than it has seen. Tokens are the server's
/// time in microseconds, or one more than the last one if that isn't greater: they grow over a failover that lost the last grant, too, unless the new
/// primary's clock is behind by more than the time since then; and a clock set back is noticed for an hour after a grant.</para>
/// <para>Waiting is by asking again, at random: nobody is served in the order of arrival.</para>
/// </remarks>
public sealed class RedisLocks
{
    private const string Kind = "lock";
    private const long FenceMilliseconds = 3_600_000;

    private static readonly TimeSpan MinLease = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan MaxLease = TimeSpan.FromDays(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LastPause = TimeSpan.FromMilliseconds(250);

    // The same holder asking again gets the same grant: his first call's answer may have been lost.
    private static readonly RedisScript Acquire = new("""
        local held = redis.call('GET', KEYS[1])
        if held then
          local owner, fence = string.match(held, '^([^:]*):(%d+)$')
          if owner == ARGV[1] then
            redis.call('PEXPIRE', KEYS[1], ARGV[2])
            return {1, fence}
          end
          return {0, redis.call('PTTL', KEYS[1])}
        end
        local time = redis.call('TIME')
        local fence = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local last = tonumber(redis.call('GET', KEYS[2]) or '0')
        if fence <= last then fence = last + 1 end
        local text = string.format('%.0f', fence)
        redis.call('SET', KEYS[2], text, 'PX', math.max(tonumber(ARGV[3]), ARGV[2] * 2))
        redis.call('SET', KEYS[1], ARGV[1] .. ':' .. text, 'PX', ARGV[2])
        return {1, text}
        """);

    private static readonly RedisScript Extend = new("""
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('PEXPIRE', KEYS[1], ARGV[2])
        """);

    private static readonly RedisScript Release = new("""
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
        return redis.call('DEL', KEYS[1])
        """);

    private readonly RealTimeContext _context;

    internal RedisLocks(RealTimeContext context) => _context = context;

    /// <summary>Takes a lock if it is free.</summary>
    /// <param name="name">The lock: 1 to 256 characters. It exists by being used.</param>
    /// <param name="lease">How long it is held unless it is extended: 10 ms to 1 day.</param>
    /// <param name="durability">Makes the grant wait for replicas; one that they don't confirm is given back. Default: none.</param>
    /// <param name="cancellationToken">Stops waiting; the lock may be taken until its lease is over nevertheless.</param>
    /// <returns>The lease; null if somebody else has it, or too few replicas confirmed it.</returns>
    /// <exception cref="ArgumentException">The name is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    /// <exception cref="RedisFaultException">
    /// Redis can't be asked. If <see cref="DataTierException.Disposition"/> is <see cref="WriteDisposition.Ambiguous"/>, the lock may be taken by nobody
    /// until the lease is over.
    /// </exception>
    public async ValueTask<RedisLease?> TryAcquireAsync(string name, TimeSpan lease, RedisDurability? durability = null, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(name, nameof(name));
        Bounds.Require(lease, MinLease, MaxLease, nameof(lease));
        return (await AskAsync(name, _context.NewId(), lease, durability, cancellationToken).ConfigureAwait(false)).Lease;
    }

    /// <summary>Takes a lock, and waits while somebody else has it. Faults that may pass are waited out, too.</summary>
    /// <param name="name">The lock: 1 to 256 characters.</param>
    /// <param name="lease">How long it is held unless it is extended: 10 ms to 1 day. It counts from the grant, not from the call.</param>
    /// <param name="patience">How long to wait: above 0, up to 1 day.</param>
    /// <param name="durability">Makes the grant wait for replicas. Default: none.</param>
    /// <param name="cancellationToken">Stops waiting; the lock may be taken until its lease is over nevertheless.</param>
    /// <returns>The lease; null if the patience was not enough.</returns>
    /// <exception cref="ArgumentException">The name is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range.</exception>
    /// <exception cref="RedisFaultException">Redis couldn't be asked when the patience was over, or the fault won't pass.</exception>
    public async Task<RedisLease?> AcquireAsync(
        string name, TimeSpan lease, TimeSpan patience, RedisDurability? durability = null, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(name, nameof(name));
        Bounds.Require(lease, MinLease, MaxLease, nameof(lease));
        Bounds.Require(patience, TimeSpan.FromTicks(1), MaxLease, nameof(patience));
        var (owner, end, pause) = (_context.NewId(), _context.Runtime.Now + patience, FirstPause);
        while (true)
        {
            RedisFaultException? fault = null;
            var free = TimeSpan.Zero;
            try
            {
                (var granted, free) = await AskAsync(name, owner, lease, durability, cancellationToken).ConfigureAwait(false);
                if (granted is not null)
                {
                    return granted;
                }
            }
            catch (RedisFaultException error) when (error.IsTransient)
            {
                fault = error;
            }

            var left = end - _context.Runtime.Now;
            if (left <= TimeSpan.Zero)
            {
                return fault is null ? null : throw fault;
            }

            // Not much later than the lease runs out, if nobody extends it.
            var wait = _context.Runtime.Jitter(free > TimeSpan.Zero && free < pause ? free : pause);
            await _context.Runtime.Delay(wait < left ? wait : left, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LastPause ? pause * 2 : LastPause;
        }
    }

    internal async ValueTask<bool> ExtendAsync(RedisLease lease, TimeSpan by, CancellationToken cancellationToken)
    {
        Bounds.Require(by, MinLease, MaxLease, nameof(by));
        return (await _context.RunAsync(Extend, [KeyOf(lease.Name)], [lease.Mark, Bounds.Milliseconds(by)], cancellationToken).ConfigureAwait(false)).AsBoolean();
    }

    internal async ValueTask<bool> ReleaseAsync(RedisLease lease, CancellationToken cancellationToken) =>
        (await _context.RunAsync(Release, [KeyOf(lease.Name)], [lease.Mark], cancellationToken).ConfigureAwait(false)).AsBoolean();

    private async ValueTask<(RedisLease? Lease, TimeSpan FreeIn)> AskAsync(
        string name, string owner, TimeSpan span, RedisDurability? durability, CancellationToken cancellationToken)
    {
        // Counted from before it is asked for, so that we never believe in it for longer than the server does.
        var asked = _context.Runtime.Now;
        var milliseconds = Bounds.Milliseconds(span);
        var (reply, replicas) = await _context
            .RunAsync(Acquire, [KeyOf(name), _context.Keys.Key(Kind, name, "fence")], [owner, milliseconds, FenceMilliseconds], durability, cancellationToken)
            .ConfigureAwait(false);
        if (!reply.AsItems()[0].AsBoolean())
        {
            return (null, TimeSpan.FromMilliseconds(Math.Max(0, reply.Items[1].AsInt64())));
        }

        var lease = new RedisLease(this, _context.Runtime, name, owner, reply.Items[1].AsInt64(), asked + span);
        if (replicas >= (durability?.Replicas ?? 0))
        {
            return (lease, TimeSpan.Zero);
        }

        await lease.DisposeAsync().ConfigureAwait(false);
        return (null, TimeSpan.Zero);
    }

    private RedisArgument KeyOf(string name) => _context.Keys.Key(Kind, name, "held");
}
