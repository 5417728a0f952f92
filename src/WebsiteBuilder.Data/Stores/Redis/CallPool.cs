using System.Collections.Concurrent;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Calls to use again, as many as were ever under way at once, within limits.</summary>
internal sealed class CallPool(Deliveries deliveries)
{
    private const int Kept = 4_096;

    private readonly ConcurrentQueue<RedisCall> _free = new();
    private RedisCall? _hot;
    private int _count;

    public Deliveries Deliveries { get; } = deliveries;

    public RedisCall Rent(RedisCommand command, RedisTarget target, int slot, long started, long deadline, bool staysHere = false, Action<RedisReply>? watcher = null)
    {
        var call = Interlocked.Exchange(ref _hot, null);
        if (call is null)
        {
            if (_free.TryDequeue(out call))
            {
                Interlocked.Decrement(ref _count);
            }
            else
            {
                call = new RedisCall(this);
            }
        }

        call.Begin(command, target, slot, started, deadline, staysHere, watcher);
        return call;
    }

    public void Return(RedisCall call)
    {
        if (Interlocked.CompareExchange(ref _hot, call, null) is null)
        {
            return;
        }

        if (Interlocked.Increment(ref _count) > Kept)
        {
            Interlocked.Decrement(ref _count);
            return;
        }

        _free.Enqueue(call);
    }
}
