namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// What happens to sessions at the server. KEYS: the session, a hash; its user's index, a sorted set of sessions by their end. A session counts only
/// while its index has it: to revoke all is to delete one key, and what is left over ends by itself.
/// </summary>
internal static class SessionScripts
{
    private const string Now = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

        """;

    // The index lives as long as the session that lives longest.
    private const string KeepIndex = """
        local last = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
        if last[2] then redis.call('PEXPIREAT', KEYS[2], string.format('%.0f', tonumber(last[2]))) end

        """;

    // ARGV[1] is the session's name in the index.
    private const string Find = Now + """
        local ends = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
        local fields = ends > now and redis.call('HGETALL', KEYS[1]) or {}
        if #fields == 0 then
          return false
        end

        """;

    /// <summary>Member, user, sliding, absolute, most; then names and values of data. Returns now and the end.</summary>
    public static RedisScript Create { get; } = new(Now + """
        local ends = now + tonumber(ARGV[3])
        redis.call('HSET', KEYS[1], '=user', ARGV[2], '=created', now, '=seen', now, '=last', now + tonumber(ARGV[4]))
        for at = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
        redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', ends))
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
        redis.call('ZADD', KEYS[2], ends, ARGV[1])
        local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[5])
        if over > 0 then
          local first = redis.call('ZRANGE', KEYS[2], 0, over)
          for _, member in ipairs(first) do
            if over > 0 and member ~= ARGV[1] then
              redis.call('ZREM', KEYS[2], member)
              over = over - 1
            end
          end
        end

        """ + KeepIndex + "return {now, ends}");

    /// <summary>Member. Returns the end and the fields.</summary>
    public static RedisScript Read { get; } = new(Find + "return {ends, fields}", RedisAccess.Read);

    /// <summary>Member, sliding. Returns the same.</summary>
    public static RedisScript Touch { get; } = new(Find + """
        local last = tonumber(redis.call('HGET', KEYS[1], '=last'))
        ends = math.min(now + tonumber(ARGV[2]), last)
        redis.call('HSET', KEYS[1], '=seen', now)
        redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', ends))
        redis.call('ZADD', KEYS[2], ends, ARGV[1])
        fields = redis.call('HGETALL', KEYS[1])

        """ + KeepIndex + "return {ends, fields}");

    /// <summary>Member; then how many to set, names and values, names to remove. Returns whether it counts.</summary>
    public static RedisScript Change { get; } = new(Find + """
        local set = tonumber(ARGV[2])
        for at = 3, 2 + set * 2, 2 do redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 1]) end
        for at = 3 + set * 2, #ARGV do redis.call('HDEL', KEYS[1], ARGV[at]) end
        return 1
        """);

    /// <summary>Member. Returns how many counted.</summary>
    public static RedisScript Revoke { get; } = new(Now + """
        local ends = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
        redis.call('ZREM', KEYS[2], ARGV[1])
        redis.call('DEL', KEYS[1])
        return ends > now and 1 or 0
        """);

    /// <summary>KEYS: the index only. The member that stays, or nothing. Returns how many counted.</summary>
    public static RedisScript RevokeAll { get; } = new(Now + """
        local count = redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf')
        local stays = ARGV[1] ~= '' and redis.call('ZSCORE', KEYS[1], ARGV[1])
        redis.call('DEL', KEYS[1])
        if stays and tonumber(stays) > now then
          redis.call('ZADD', KEYS[1], stays, ARGV[1])
          redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', tonumber(stays)))
          count = count - 1
        end
        return count
        """);

    /// <summary>KEYS: the index only. Returns how many count.</summary>
    public static RedisScript Count { get; } = new(Now + "return redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf')", RedisAccess.Read);
}
