using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>
/// Limits how often something may be done, over all processes that ask the same Redis. Exact: each decision is one script at the key's node, by
/// that server's clock, one round trip. Thread-safe.
/// </summary>
/// <remarks>
/// <para>A key is kept for as long as its burst takes to come back, then it is gone: idle keys cost nothing. Each key has a hash slot of its own, so
/// that a cluster shares the load. Ask for one key under one limit; under another limit the same key goes on from where it was.</para>
/// <para>A failover may forget the last decisions: replication is asynchronous, and at most that many permits are given twice. A server whose clock
/// is behind the old one's makes callers wait, but never longer than a whole burst takes. Without Redis it throws
/// <see cref="RedisFaultException"/>; whether to let pass or to refuse then is the caller's choice. A call whose outcome is
/// <see cref="WriteDisposition.Ambiguous"/> may have taken its permits.</para>
/// </remarks>
public sealed class RedisRateLimiter
{
    private const string Kind = "rate";

    // Time is relative to the server's clock wherever it is calculated with, and stored as seconds and ticks: doubles hold all of it exactly.
    private const string Text = """
        local time = redis.call('TIME')
        local seconds, ticks = tonumber(time[1]), tonumber(time[2]) * 10
        local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local whole = interval * burst
        local ahead = 0
        local stored = redis.call('GET', KEYS[1])
        if stored then
          local s, t = string.match(stored, '^(%d+):(%d+)$')
          if s then ahead = (tonumber(s) - seconds) * 10000000 + tonumber(t) - ticks end
        end
        if ahead < 0 then ahead = 0 elseif ahead > whole then ahead = whole end
        local next = ahead + interval * cost
        if next > whole then
          return {0, math.floor((whole - ahead) / interval), next - whole, ahead}
        end
        if cost > 0 then
          local at = ticks + next
          redis.call('SET', KEYS[1], string.format('%.0f:%.0f', seconds + math.floor(at / 10000000), at % 10000000), 'PX', math.ceil(next / 10000) + 1)
        end
        return {1, math.floor((whole - next) / interval), 0, next}
        """;

    private static readonly RedisScript Script = new(Text);
    private readonly RealTimeContext _context;

    internal RedisRateLimiter(RealTimeContext context) => _context = context;

    /// <summary>The script as it is, but told the time, so that a test can compare many decisions.</summary>
    internal static RedisScript ScriptAtTime { get; } = new(Text.Replace("redis.call('TIME')", "{ARGV[4], ARGV[5]}", StringComparison.Ordinal));

    /// <summary>Takes permits if that many can be had, else none.</summary>
    /// <param name="key">Whom or what to limit: 1 to 256 characters.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="permits">How many to take: 1 to the limit's burst. Default: 1.</param>
    /// <param name="cancellationToken">Stops waiting; the permits may be taken nevertheless.</param>
    /// <exception cref="ArgumentException">The key is null or empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The key is too long, or that many permits can never be had.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public ValueTask<RateDecision> TakeAsync(string key, RateLimit limit, int permits = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(limit);
        Bounds.Require(permits, 1, limit.Burst, nameof(permits));
        return AskAsync(key, limit, permits, cancellationToken);
    }

    /// <summary>Says what could be had, and takes nothing. Somebody else may take it meanwhile.</summary>
    /// <param name="key">Whom or what to limit: 1 to 256 characters.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The key is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public ValueTask<RateDecision> PeekAsync(string key, RateLimit limit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(limit);
        return AskAsync(key, limit, 0, cancellationToken);
    }

    /// <summary>Forgets a key: its whole burst can be had again.</summary>
    /// <param name="key">The key: 1 to 256 characters.</param>
    /// <param name="cancellationToken">Stops waiting; it may be forgotten nevertheless.</param>
    /// <exception cref="ArgumentException">The key is null, empty or too long.</exception>
    /// <exception cref="RedisFaultException">Redis can't be asked.</exception>
    public async ValueTask ResetAsync(string key, CancellationToken cancellationToken = default)
    {
        KeySpace.RequireName(key, nameof(key));
        await _context.Channel.ExecuteAsync(RedisCommand.Write("DEL", KeyOf(key)), cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads what the script returns.</summary>
    internal static RateDecision Read(RedisReply reply)
    {
        var parts = reply.AsItems();
        return new RateDecision(parts[0].AsBoolean(), (int)parts[1].AsInt64(), TimeSpan.FromTicks(parts[2].AsInt64()), TimeSpan.FromTicks(parts[3].AsInt64()));
    }

    private async ValueTask<RateDecision> AskAsync(string key, RateLimit limit, int cost, CancellationToken cancellationToken)
    {
        KeySpace.RequireName(key, nameof(key));
        return Read(await _context.RunAsync(Script, [KeyOf(key)], [limit.Interval.Ticks, limit.Burst, cost], cancellationToken).ConfigureAwait(false));
    }

    private RedisArgument KeyOf(string key) => _context.Keys.Key(Kind, key, "tat");
}
