namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// Hands completed calls to the thread pool, and delivers them on a thread of its own when the pool doesn't come to it: callers that block
/// get their answers and their deadlines though all threads of the pool are taken.
/// </summary>
internal sealed class Deliveries(TimeProvider time)
{
    private const int Remembered = 4_096;
    private const int MaxRescuers = 4;

    /// <summary>How long the pool may keep a call waiting.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    private readonly RedisCall?[] _recent = new RedisCall?[Remembered];
    private readonly long _patience = (long)(Patience.TotalSeconds * time.TimestampFrequency);
    private uint _next;
    private int _rescuers;

    public long Now => time.GetTimestamp();

    public void Deliver(RedisCall call)
    {
        _recent[Interlocked.Increment(ref _next) % Remembered] = call;
        ThreadPool.UnsafeQueueUserWorkItem(call, preferLocal: false);
    }

    /// <summary>Looks for calls that the pool has kept waiting. Says whether any are waiting at all.</summary>
    public bool Rescue(long now)
    {
        List<RedisCall>? stuck = null;
        var waiting = false;
        foreach (var call in _recent)
        {
            if (call is { IsUndelivered: true })
            {
                waiting = true;
                if (now - call.CompletedAt > _patience)
                {
                    (stuck ??= []).Add(call);
                }
            }
        }

        if (stuck is not null && Interlocked.Increment(ref _rescuers) <= MaxRescuers)
        {
            new Thread(() =>
            {
                foreach (var call in stuck)
                {
                    call.TryDeliver();
                }

                Interlocked.Decrement(ref _rescuers);
            })
            { IsBackground = true, Name = "redis rescue" }.Start();
        }
        else if (stuck is not null)
        {
            Interlocked.Decrement(ref _rescuers);
        }

        return waiting;
    }
}
