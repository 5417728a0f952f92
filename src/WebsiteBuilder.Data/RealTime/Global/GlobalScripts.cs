namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// What happens to one partition of global keys in one region. KEYS: its head, a hash; the entries, a hash; keys by the number of their last change; deleted keys by the time
/// at which that became known here. ARGV[1] is the jurisdiction. Each returns false where that is another one.
/// </summary>
/// <remarks>
/// The head has <c>n</c> the number of the last change, <c>p</c> and <c>l</c> the hybrid clock, <c>j</c> the jurisdiction, <c>b</c> when the copy was begun; of the deletions that were forgotten <c>u</c> the greatest number, and
/// <c>t</c> when the latest had come to be known. Of each other region: <c>c:region</c> up to which change that region was copied from, <c>m:region</c> when the last complete copy from there began; and while a deletion from there was
/// refused and hasn't come since, <c>r:region</c> up to which change none was, <c>q:region</c> when it last happened, in microseconds.
/// <para>An entry is 'v' or 'd' (a deleted one), the hybrid time in 20 digits, the region's name after its length in 2 digits, 8 letters that no other write has, and the value. All from the
/// time to the letters is the stamp: of two entries the one with the greater stamp stays, byte by byte, wherever and however often they meet. Numbers of changes are the server's
/// time in microseconds, or one more than the last one, so that a failover doesn't give them out again. A clock further ahead than it may be is from when this server's was, and set back: no
/// takeover brings it there. A copy that is said to begin in the future began then, too.</para>
/// </remarks>
internal static class GlobalScripts
{
    private const string Jurisdiction = """
        local head = redis.call('HMGET', KEYS[1], 'n', 'p', 'l', 'j', 'b')
        if head[4] and head[4] ~= ARGV[1] then return false end

        """;

    private const string Clock = """
        local time = redis.call('TIME')

        """;

    // ARGV[2]: how long deletions are known; [3]: how far ahead of the server's clock a stamp may be; in milliseconds.
    private const string Change = Jurisdiction + """
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local number = tonumber(head[1] or '0')
        local p, l = tonumber(head[2] or '0'), tonumber(head[3] or '0')
        local oldest, latest = now - tonumber(ARGV[2]), now + tonumber(ARGV[3])
        if p > latest then p, l = now, 0 end
        local function see(blob)
          local rp, rl = tonumber(string.sub(blob, 2, 16)), tonumber(string.sub(blob, 17, 21))
          if rp > p or (rp == p and rl > l) then p, l = rp, rl end
          return rp
        end
        local function tick()
          if now > p then p, l = now, 0 elseif l < 99999 then l = l + 1 else p, l = p + 1, 0 end
          return string.format('%015.0f%05d', p, l)
        end
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
            redis.call('ZADD', KEYS[4], string.format('%.0f', now), key)
          else
            redis.call('ZREM', KEYS[4], key)
          end
        end
        local function finish()
          head[5] = string.format('%.0f', math.min(tonumber(head[5] or now), now))
          redis.call('HSET', KEYS[1], 'n', string.format('%.0f', number), 'p', string.format('%.0f', p), 'l', l, 'j', ARGV[1], 'b', head[5])
          local forgotten = redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', '(' .. string.format('%.0f', oldest), 'WITHSCORES', 'LIMIT', 0, 20)
          if #forgotten == 0 then return end
          local before = redis.call('HMGET', KEYS[1], 'u', 't')
          local last, known = tonumber(before[1] or '0'), tonumber(before[2] or '0')
          for at = 1, #forgotten, 2 do
            last = math.max(last, tonumber(redis.call('ZSCORE', KEYS[3], forgotten[at]) or number))
            known = math.max(known, tonumber(forgotten[at + 1]))
          end
          redis.call('HSET', KEYS[1], 'u', string.format('%.0f', last), 't', string.format('%.0f', known))
          for at = 1, #forgotten, 2 do
            redis.call('HDEL', KEYS[2], forgotten[at])
            redis.call('ZREM', KEYS[3], forgotten[at])
            redis.call('ZREM', KEYS[4], forgotten[at])
          end
        end

        """;

    private const string Touch = """
        local function touch(region)
          local known = redis.call('HMGET', KEYS[1], 'm:' .. region, 'r:' .. region, 'c:' .. region, 'u', 't')
          local time, heard = string.format('%.0f', now), known[3] or '0'
          if known[2] and tonumber(known[2]) < tonumber(heard) then heard = known[2] end
          return time, head[5] or time, known[1] or '0', heard, known[4] or '0', known[5] or '0'
        end

        """;

    private const string Look = Jurisdiction + """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

        """ + Touch;

    // ARGV[4]: the region behind its length. [5]: letters of its own. [6]: 'v' or 'd'. [7]: key. [8]: value. Returns the entry without its value.
    private const string WriteText = Change + """
        local mine = redis.call('HGET', KEYS[2], ARGV[7])
        if mine then see(mine) end
        local blob = ARGV[6] .. tick() .. ARGV[4] .. ARGV[5]
        put(ARGV[7], blob .. ARGV[8])
        finish()
        return blob
        """;

    // ARGV[4]: where it was copied from; [5], [6]: after which change there, and up to which one; [7]: of which own change at most a deletion may have been forgotten, else nothing is taken nor returned. Then numbers of changes
    // there, keys and entries. Returns how many changed something, how many were refused as too far ahead, for how many more milliseconds the first of them is, and what GlobalTouch reads. A copy that began before a
    // failover doesn't skip what the failover lost.
    private const string MergeText = Change + Touch + """
        if tonumber(redis.call('HGET', KEYS[1], 'u') or '0') > tonumber(ARGV[7]) then return {} end
        local changed, refused, wait, missed = 0, 0, 0, nil
        for at = 8, #ARGV, 3 do
          local key, blob = ARGV[at + 1], ARGV[at + 2]
          local mine = redis.call('HGET', KEYS[2], key)
          local rp = tonumber(string.sub(blob, 2, 16))
          local isLater = not mine or later(stamp(blob), stamp(mine))
          if rp > latest then
            if isLater then
              refused = refused + 1
              if refused == 1 or rp - latest < wait then wait = rp - latest end
              if string.sub(blob, 1, 1) == 'd' then missed = math.min(missed or tonumber(ARGV[at]), tonumber(ARGV[at])) end
            end
          else
            local over = string.sub(blob, 1, 1) == 'd' and rp < oldest and not mine
            if isLater and not over then
              put(key, blob)
              changed = changed + 1
            end
            see(blob)
          end
        end
        local cursor = tonumber(redis.call('HGET', KEYS[1], 'c:' .. ARGV[4]) or '0')
        if missed then
          local before = math.min(missed - 1, tonumber(redis.call('HGET', KEYS[1], 'r:' .. ARGV[4]) or missed))
          redis.call('HSET', KEYS[1], 'r:' .. ARGV[4], string.format('%.0f', before), 'q:' .. ARGV[4], string.format('%.0f', tonumber(time[1]) * 1000000 + tonumber(time[2])))
        end
        if tonumber(ARGV[5]) <= cursor and tonumber(ARGV[6]) > cursor then redis.call('HSET', KEYS[1], 'c:' .. ARGV[4], ARGV[6]) end
        finish()
        return {changed, refused, wait, touch(ARGV[4])}
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

    /// <summary>ARGV[2]: a region. Returns up to which change it was copied from; when a deletion from there was last refused, 0 if all came since; and what <see cref="GlobalTouch"/> reads.</summary>
    public static RedisScript Sight { get; } = new(
        Look + "return {redis.call('HGET', KEYS[1], 'c:' .. ARGV[2]) or '0', redis.call('HGET', KEYS[1], 'q:' .. ARGV[2]) or '0', touch(ARGV[2])}", RedisAccess.Read);

    /// <summary>
    /// ARGV[2]: after which change; [3]: how many; [4]: for which region. Returns up to which change these are all that there is; what <see cref="GlobalTouch"/> reads; and numbers of changes, keys and entries in their order.
    /// </summary>
    public static RedisScript Page { get; } = new(
        Look + """
        local page = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
        local last = #page < 2 * tonumber(ARGV[3]) and head[1] or string.format('%.0f', tonumber(page[#page] or '0'))
        local out = {last, touch(ARGV[4])}
        for at = 1, #page, 2 do
          out[#out + 1] = page[at + 1]
          out[#out + 1] = page[at]
          out[#out + 1] = redis.call('HGET', KEYS[2], page[at])
        end
        return out
        """,
        RedisAccess.Read);

    /// <summary>
    /// ARGV[4]: a region; [5]: when a complete copy from there was begun; [6]: when a deletion from there had last been refused then, if the copy compared everything; [7]: up to which change there it came. If none was refused
    /// since, it has come, or there is nothing to come any more. A copy that was begun before this region began anew wasn't one of everything, nor is one of which a failover lost something meanwhile.
    /// </summary>
    public static RedisScript Copied { get; } = new(Clock + Change + """
        if tonumber(redis.call('HGET', KEYS[1], 'c:' .. ARGV[4]) or '0') < tonumber(ARGV[7]) then return 0 end
        if redis.call('HGET', KEYS[1], 'q:' .. ARGV[4]) == ARGV[6] then redis.call('HDEL', KEYS[1], 'r:' .. ARGV[4], 'q:' .. ARGV[4]) end
        local known = math.max(tonumber(redis.call('HGET', KEYS[1], 'm:' .. ARGV[4]) or '0'), tonumber(head[5] or '0') - 1)
        if tonumber(ARGV[5]) > known then redis.call('HSET', KEYS[1], 'm:' .. ARGV[4], ARGV[5]) end
        finish()
        return 1
        """);

    /// <summary>
    /// ARGV[4]: the region behind its length; [5]: letters of its own; [6]: after which change; [7]: how many are looked at. Gives those whose stamps are too far ahead new ones. Returns the number of the
    /// last one that was looked at, how many got one, and how many were looked at.
    /// </summary>
    public static RedisScript Restamp { get; } = new(Clock + Change + """
        local page = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[6], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[7])
        local changed = 0
        for at = 1, #page, 2 do
          local blob = redis.call('HGET', KEYS[2], page[at])
          if tonumber(string.sub(blob, 2, 16)) > latest then
            put(page[at], string.sub(blob, 1, 1) .. tick() .. ARGV[4] .. ARGV[5] .. string.sub(blob, 32 + tonumber(string.sub(blob, 22, 23))))
            changed = changed + 1
          end
        end
        finish()
        return {string.format('%.0f', tonumber(page[#page] or '0')), changed, #page / 2}
        """);

    /// <summary>Begins the copy anew, without anything. Numbers of changes go on.</summary>
    public static RedisScript Begin { get; } = new(Clock + Change + """
        redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
        head[5] = nil
        finish()
        return 1
        """);
}
