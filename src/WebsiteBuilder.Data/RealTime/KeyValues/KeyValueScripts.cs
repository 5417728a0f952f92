namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// What happens to keys and values at the server. KEYS[1] is the partition's head, a hash: <c>c</c> the clock, which is the version of the last write; <c>h</c> the
/// history, eight hexadecimal digits; <c>r</c> the server's own name of the stream of writes that the history belongs to (<c>master_replid</c>, which every promotion
/// and restart changes); <c>p</c> the last 16 histories before, each with the clock at which it ended. Values have their version before them, in 16 digits.
/// </summary>
internal static class KeyValueScripts
{
    private const string Who = """
        local info = redis.call('INFO', 'replication')
        local role = string.match(info, 'role:(%a+)')

        """;

    /// <summary>
    /// Other keys: the values'. ARGV[1]: '1' if a primary must answer; [2]: by how many milliseconds a replica's clock may be behind the primary's: what ends within that time it doesn't give. Returns role, history, clock, former histories and the values. A node that
    /// no longer is the primary says so as it does to writes, so that the nodes are asked who is who.
    /// </summary>
    public static RedisScript Read { get; } = new(
        Who + """
        if ARGV[1] == '1' and role ~= 'master' then return redis.error_reply('READONLY This node is no primary.') end
        local head = redis.call('HMGET', KEYS[1], 'h', 'c', 'p')
        local values = {}
        local skew = role == 'master' and 0 or tonumber(ARGV[2])
        for at = 2, #KEYS do
          local left = skew > 0 and redis.call('PTTL', KEYS[at]) or -1
          values[at - 1] = (left < 0 or left > skew) and redis.call('GET', KEYS[at])
        end
        return {role, head[1] or '', head[2] or '0', head[3] or '', values}
        """,
        RedisAccess.Read);

    /// <summary>
    /// KEYS[2]: the value; [3], if there is one: a list of what was written. ARGV: 'set' or 'del', value, milliseconds or '0', expected version or '', a name for a new history, the key's name in the
    /// list. What is listed doesn't end before it is taken off: its milliseconds aren't looked at. Returns whether it was applied, history, clock, version and former histories. Versions are the server's time in microseconds, or one more than the last one: a failover that loses some doesn't give them out again.
    /// </summary>
    public static RedisScript Write { get; } = new(
        Who + """
        if role ~= 'master' then return redis.error_reply('READONLY This node is no primary.') end
        local stream = string.match(info, 'master_replid:(%x+)')
        local head = redis.call('HMGET', KEYS[1], 'h', 'c', 'p', 'r')
        local history, clock, past = head[1] or '', head[2] or '0', head[3] or ''
        if ARGV[4] ~= '' then
          local found = redis.call('GETRANGE', KEYS[2], 0, 15)
          local version = found == '' and '0' or string.match(found, '^0*(%d+)$')
          if version ~= ARGV[4] then return {0, history, clock, version, past} end
        end
        local time = redis.call('TIME')
        local version = math.max(tonumber(clock) + 1, tonumber(time[1]) * 1000000 + tonumber(time[2]))
        local text = string.format('%.0f', version)
        if head[4] ~= stream then
          if history ~= '' then
            past = history .. ':' .. clock .. ';' .. past
            local kept, at = 0, 0
            while kept < 16 and at do
              at = string.find(past, ';', at + 1, true)
              kept = kept + 1
            end
            if at then past = string.sub(past, 1, at) end
          end
          history = ARGV[5]
          redis.call('HSET', KEYS[1], 'h', history, 'c', text, 'p', past, 'r', stream)
        else
          redis.call('HSET', KEYS[1], 'c', text)
        end
        if ARGV[1] == 'del' then
          redis.call('DEL', KEYS[2])
        elseif KEYS[3] or ARGV[3] == '0' then
          redis.call('SET', KEYS[2], string.format('%016.0f', version) .. ARGV[2])
        else
          redis.call('SET', KEYS[2], string.format('%016.0f', version) .. ARGV[2], 'PX', ARGV[3])
        end
        if KEYS[3] then redis.call('ZADD', KEYS[3], text, ARGV[6]) end
        return {1, history, text, text, past}
        """);

    /// <summary>KEYS[1]: a list. ARGV: two versions, how many. Returns names and versions in turn of what was written after the first and not after the second, the oldest first.</summary>
    public static RedisScript List { get; } = new(
        "return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])", RedisAccess.Read);

    /// <summary>KEYS[1]: a list. Returns the greatest version on it, or '0'.</summary>
    public static RedisScript Newest { get; } = new("return redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or '0'", RedisAccess.Read);

    /// <summary>
    /// KEYS: a list, a value. ARGV: the value's name, a version, milliseconds. Takes it off the list, and lets the value end that much later, unless it was written after that version. Returns whether it is off.
    /// </summary>
    public static RedisScript Unlist { get; } = new("""
        local version = redis.call('ZSCORE', KEYS[1], ARGV[1])
        if version and tonumber(version) > tonumber(ARGV[2]) then return 0 end
        redis.call('ZREM', KEYS[1], ARGV[1])
        redis.call('PEXPIRE', KEYS[2], ARGV[3])
        return 1
        """);
}
