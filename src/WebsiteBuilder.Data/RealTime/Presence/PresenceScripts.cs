namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// What happens to a place at the server. KEYS: connections by the end of their time, a sorted set; their entries, a hash. ARGV[1]: the topic.
/// Whoever asks takes away those whose time is up, and says so.
/// </summary>
internal static class PresenceScripts
{
    private const string Sweep = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        for _, connection in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
          local entry = redis.call('HGET', KEYS[2], connection)
          redis.call('ZREM', KEYS[1], connection)
          redis.call('HDEL', KEYS[2], connection)
          if entry then redis.call('PUBLISH', ARGV[1], 'L' .. entry) end
        end

        """;

    /// <summary>Connection, entry, time in milliseconds, most. Returns how many there are; -1 if there are too many. Keys outlive those who are there, so that somebody can miss them.</summary>
    public static RedisScript Heartbeat { get; } = new(Sweep + """
        local before = redis.call('HGET', KEYS[2], ARGV[2])
        local count = redis.call('ZCARD', KEYS[1])
        if not before and count >= tonumber(ARGV[5]) then return -1 end
        redis.call('ZADD', KEYS[1], now + tonumber(ARGV[4]), ARGV[2])
        if before ~= ARGV[3] then
          redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
          redis.call('PUBLISH', ARGV[1], (before and 'U' or 'J') .. ARGV[3])
        end
        redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[4]) * 4)
        redis.call('PEXPIRE', KEYS[2], tonumber(ARGV[4]) * 4)
        return before and count or count + 1
        """);

    /// <summary>Connection. Returns whether it was there.</summary>
    public static RedisScript Leave { get; } = new(Sweep + """
        local entry = redis.call('HGET', KEYS[2], ARGV[2])
        if not entry then return 0 end
        redis.call('ZREM', KEYS[1], ARGV[2])
        redis.call('HDEL', KEYS[2], ARGV[2])
        redis.call('PUBLISH', ARGV[1], 'L' .. entry)
        return 1
        """);

    /// <summary>Returns the entries.</summary>
    public static RedisScript List { get; } = new(Sweep + "return redis.call('HVALS', KEYS[2])");
}
