namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// What happens to a queue at the server. KEYS: the stream, and the stream of dead letters. One group of consumers; what is acknowledged is deleted, so
/// the stream's length is what is left to do.
/// </summary>
internal static class QueueScripts
{
    // Made when it is first needed, from the beginning of the stream; BUSYGROUP if it is there.
    private const string Ensure = "redis.pcall('XGROUP', 'CREATE', KEYS[1], 'g', '0', 'MKSTREAM')\n";

    // What was deleted while a consumer had it has no fields; acknowledging it makes the group forget it.
    private const string Put = """
        local out = {}
        local function give(entry)
          local pending = redis.call('XPENDING', KEYS[1], 'g', entry[1], entry[1], 1)
          out[#out + 1] = {entry[1], entry[2][2], pending[1] and pending[1][4] or 1}
        end

        """;

    /// <summary>Most; then payloads. Returns their ids; nothing if they don't fit.</summary>
    public static RedisScript Add { get; } = new("""
        if redis.call('XLEN', KEYS[1]) + #ARGV - 1 > tonumber(ARGV[1]) then return false end
        local ids = {}
        for at = 2, #ARGV do ids[at - 1] = redis.call('XADD', KEYS[1], '*', 'p', ARGV[at]) end
        return ids
        """);

    /// <summary>
    /// Consumer, count, lease in milliseconds, most deliveries, most dead. First those whose lease is over, the oldest first; then new ones. Returns id, payload and
    /// deliveries of each; if there are none, instead of an array the last id that was given out, behind which to wait.
    /// </summary>
    public static RedisScript Take { get; } = new(Ensure + Put + """
        local count = tonumber(ARGV[2])
        local stale = redis.call('XPENDING', KEYS[1], 'g', 'IDLE', ARGV[3], '-', '+', count)
        for _, pending in ipairs(stale) do
          local id = pending[1]
          if tonumber(pending[4]) >= tonumber(ARGV[4]) then
            local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
            if entry then redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[5], '*', 'p', entry[2][2], 'id', id, 'n', pending[4]) end
            redis.call('XACK', KEYS[1], 'g', id)
            redis.call('XDEL', KEYS[1], id)
          else
            local entry = redis.call('XCLAIM', KEYS[1], 'g', ARGV[1], ARGV[3], id)[1]
            if entry and entry[2] then give(entry) else redis.call('XACK', KEYS[1], 'g', id) end
          end
        end
        if #out < count then
          local read = redis.call('XREADGROUP', 'GROUP', 'g', ARGV[1], 'COUNT', count - #out, 'STREAMS', KEYS[1], '>')
          if read then
            for _, entry in ipairs(read[1][2]) do out[#out + 1] = {entry[1], entry[2][2], 1} end
          end
        end
        if #out == 0 then
          local info = redis.call('XINFO', 'STREAM', KEYS[1])
          for at = 1, #info, 2 do
            if info[at] == 'last-generated-id' then return info[at + 1] end
          end
        end
        return out
        """);

    /// <summary>Consumer; then ids. Deletes those that the consumer still has; returns how many.</summary>
    public static RedisScript Acknowledge { get; } = new("""
        local done = 0
        for at = 2, #ARGV do
          local pending = redis.call('XPENDING', KEYS[1], 'g', ARGV[at], ARGV[at], 1, ARGV[1])
          if pending[1] then
            redis.call('XACK', KEYS[1], 'g', ARGV[at])
            done = done + redis.call('XDEL', KEYS[1], ARGV[at])
          end
        end
        return done
        """);

    /// <summary>Consumer; then ids. Begins their leases anew, or ends them at once; returns how many the consumer still has.</summary>
    public static RedisScript Renew { get; } = Again("0");

    /// <summary>The lease is over as if it had begun long ago.</summary>
    public static RedisScript Return { get; } = Again("86400000");

    /// <summary>Returns length, taken and dead.</summary>
    public static RedisScript State { get; } = new("""
        local pending = redis.pcall('XPENDING', KEYS[1], 'g')
        return {redis.call('XLEN', KEYS[1]), pending.err and 0 or pending[1], redis.call('XLEN', KEYS[2])}
        """, RedisAccess.Read);

    // JUSTID leaves the number of deliveries as it is.
    private static RedisScript Again(string idle) => new($$"""
        local done = 0
        for at = 2, #ARGV do
          local pending = redis.call('XPENDING', KEYS[1], 'g', ARGV[at], ARGV[at], 1, ARGV[1])
          if pending[1] then
            redis.call('XCLAIM', KEYS[1], 'g', ARGV[1], 0, ARGV[at], 'IDLE', {{idle}}, 'JUSTID')
            done = done + 1
          end
        end
        return done
        """);
}
