namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// What happens to one partition of global keys in one region. KEYS: its head, a hash (<c>n</c> the number of the last change, <c>p</c> and <c>l</c> the hybrid clock,
/// <c>j</c> the jurisdiction, <c>c:region</c> up to which change that region was copied from); the entries, a hash; keys by the number of their last change; deleted keys by the time
/// of their deletion. ARGV[1] is the jurisdiction. Each returns false where that is another one.
/// </summary>
/// <remarks>
/// An entry is 'v' or 'd' (a deleted one), the hybrid time in 20 digits, the region's name after its length in 2 digits, 8 letters that no other write has, and the value. All from the
/// time to the letters is the stamp: of two entries the one with the greater stamp stays, byte by byte, wherever and however often they meet. Numbers of changes are the server's
/// time in microseconds, or one more than the last one, so that a failover doesn't give them out again.
/// </remarks>
internal static class GlobalScripts
{
    private const string Jurisdiction = """
        local head = redis.call('HMGET', KEYS[1], 'n', 'p', 'l', 'j')
        if head[4] and head[4] ~= ARGV[1] then return false end

        """;

    private const string Clock = """
        local time = redis.call('TIME')

        """;

    private const string Change = Jurisdiction + """
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local number = tonumber(head[1] or '0')
        local p, l = tonumber(head[2] or '0'), tonumber(head[3] or '0')
        local oldest = now - tonumber(ARGV[2])
        local function stamp(blob) return string.sub(blob, 2, 31 + tonumber(string.sub(blob, 22, 23))) end
        local function later(a, b)
          for at = 1, math.min(#a, #b) do
            local x, y = string.byte(a, at), string.byte(b, at)
            if x ~= y then return x > y end
          end
          return #a > #b
        end
        local function put(key, blob)
          number = math.max(number + 1, tonumber(time[1]) * 1000000 + tonumber(time[2]))
          redis.call('HSET', KEYS[2], key, blob)
          redis.call('ZADD', KEYS[3], string.format('%.0f', number), key)
          if string.sub(blob, 1, 1) == 'd' then
            redis.call('ZADD', KEYS[4], tonumber(string.sub(blob, 2, 16)), key)
          else
            redis.call('ZREM', KEYS[4], key)
          end
        end
        local function finish()
          redis.call('HSET', KEYS[1], 'n', string.format('%.0f', number), 'p', string.format('%.0f', p), 'l', l, 'j', ARGV[1])
          for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. string.format('%.0f', oldest), 'LIMIT', 0, 20)) do
            redis.call('HDEL', KEYS[2], key)
            redis.call('ZREM', KEYS[3], key)
            redis.call('ZREM', KEYS[4], key)
          end
        end

        """;

    // ARGV[3]: the region behind its length. [4]: letters of its own. [5]: 'v' or 'd'. [6]: key. [7]: value. Returns the entry without its value.
    private const string WriteText = Change + """
        if now > p then p, l = now, 0 elseif l < 99999 then l = l + 1 else p, l = p + 1, 0 end
        local blob = ARGV[5] .. string.format('%015.0f%05d', p, l) .. ARGV[3] .. ARGV[4]
        put(ARGV[6], blob .. ARGV[7])
        finish()
        return blob
        """;

    // ARGV[3]: where it was copied from; [4], [5]: after which change there, and up to which one. Then keys and entries. Returns how many changed something. A copy that began before a failover
    // doesn't skip what the failover lost.
    private const string MergeText = Change + """
        local changed = 0
        for at = 6, #ARGV, 2 do
          local key, blob = ARGV[at], ARGV[at + 1]
          local mine = redis.call('HGET', KEYS[2], key)
          local rp, rl = tonumber(string.sub(blob, 2, 16)), tonumber(string.sub(blob, 17, 21))
          local over = string.sub(blob, 1, 1) == 'd' and rp < oldest and not mine
          if not over and (not mine or later(stamp(blob), stamp(mine))) then
            put(key, blob)
            changed = changed + 1
          end
          if rp > p or (rp == p and rl > l) then p, l = rp, rl end
        end
        local cursor = tonumber(redis.call('HGET', KEYS[1], 'c:' .. ARGV[3]) or '0')
        if tonumber(ARGV[4]) <= cursor and tonumber(ARGV[5]) > cursor then redis.call('HSET', KEYS[1], 'c:' .. ARGV[3], ARGV[5]) end
        finish()
        return changed
        """;

    /// <summary>The time is the first two arguments, for tests.</summary>
    private const string ToldTime = "local time = {table.remove(ARGV, 1), table.remove(ARGV, 1)}\n";

    /// <summary>Writes or deletes a key.</summary>
    public static RedisScript Write { get; } = new(Clock + WriteText);

    /// <inheritdoc cref="Write"/>
    public static RedisScript WriteAtTime { get; } = new(ToldTime + WriteText);

    /// <summary>Takes entries of another region in.</summary>
    public static RedisScript Merge { get; } = new(Clock + MergeText);

    /// <inheritdoc cref="Merge"/>
    public static RedisScript MergeAtTime { get; } = new(ToldTime + MergeText);

    /// <summary>ARGV[2]: key. Returns its entry.</summary>
    public static RedisScript Get { get; } = new(Jurisdiction + "return {redis.call('HGET', KEYS[2], ARGV[2])}", RedisAccess.Read);

    /// <summary>ARGV[2]: a region. Returns up to which change it was copied from.</summary>
    public static RedisScript Cursor { get; } = new(Jurisdiction + "return redis.call('HGET', KEYS[1], 'c:' .. ARGV[2]) or '0'", RedisAccess.Read);

    /// <summary>ARGV: after which change, how many. Returns the number of the last one, and keys and entries in the order of changes.</summary>
    public static RedisScript Page { get; } = new(
        Jurisdiction + """
        local page = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
        local out = {page[#page] or ARGV[2]}
        for at = 1, #page, 2 do
          out[#out + 1] = page[at]
          out[#out + 1] = redis.call('HGET', KEYS[2], page[at])
        end
        return out
        """,
        RedisAccess.Read);
}
