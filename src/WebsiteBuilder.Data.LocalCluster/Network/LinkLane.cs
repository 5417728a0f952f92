namespace WebsiteBuilder.Data.Clusters;

/// <summary>What happens to the bytes of one direction of a link, whichever connection they belong to. Thread-safe.</summary>
internal sealed class LinkLane
{
    /// <summary>A throttled lane sends in slices of about this long, so that many connections share it and an end of the throttle is felt soon.</summary>
    private const int SlicesPerSecond = 50;

    private const int SmallestSlice = 256;

    private readonly Lock _lock = new();
    private long _delayTicks;
    private long _jitterTicks;
    private long _bytesPerSecond;
    private long _freeAt;
    private long _bytes;

    /// <summary>Holds bytes while it is closed.</summary>
    public HoldGate Gate { get; } = new();

    /// <summary>Bytes taken from the sender since the start.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>What a byte takes beyond the link's own time, on average.</summary>
    public TimeSpan Delay => TimeSpan.FromTicks(Interlocked.Read(ref _delayTicks));

    /// <summary>Whether bytes may go straight through as far as this lane is concerned.</summary>
    public bool IsClear => Gate.IsOpen && Interlocked.Read(ref _bytesPerSecond) == 0;

    public void Slow(TimeSpan delay, TimeSpan jitter)
    {
        Interlocked.Exchange(ref _delayTicks, delay.Ticks);
        Interlocked.Exchange(ref _jitterTicks, jitter.Ticks);
    }

    public void Throttle(long bytesPerSecond)
    {
        lock (_lock)
        {
            _bytesPerSecond = bytesPerSecond;
            _freeAt = PreciseTimer.Now;
        }
    }

    public void Heal()
    {
        Slow(TimeSpan.Zero, TimeSpan.Zero);
        Throttle(0);
        Gate.Open();
    }

    public void Count(int bytes) => Interlocked.Add(ref _bytes, bytes);

    /// <summary>What the next bytes take beyond the link's own time: three deviations from the average at most, and never less than nothing.</summary>
    public TimeSpan SampleDelay(Random random)
    {
        var delay = Delay;
        var jitter = TimeSpan.FromTicks(Interlocked.Read(ref _jitterTicks));
        var sample = jitter == TimeSpan.Zero ? delay : delay + (jitter * Normal(random));
        return sample > TimeSpan.Zero ? sample : TimeSpan.Zero;
    }

    /// <summary>How many of so many bytes may be sent next, and when they are through; at once if there is no throttle.</summary>
    public (int Count, long ThroughAt) Reserve(int count)
    {
        lock (_lock)
        {
            var now = PreciseTimer.Now;
            if (_bytesPerSecond == 0)
            {
                return (count, now);
            }

            var slice = (int)Math.Min(count, Math.Max(SmallestSlice, _bytesPerSecond / SlicesPerSecond));
            _freeAt = PreciseTimer.After(Math.Max(now, _freeAt), TimeSpan.FromSeconds((double)slice / _bytesPerSecond));
            return (slice, _freeAt);
        }
    }

    /// <summary>A draw from the normal distribution, cut off at three deviations (Box and Muller).</summary>
    public static double Normal(Random random) =>
        Math.Clamp(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()), -3, 3);
}
