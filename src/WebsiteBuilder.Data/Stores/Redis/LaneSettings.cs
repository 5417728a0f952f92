namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>What one lane needs to know.</summary>
internal sealed class LaneSettings(RedisSettings settings, RedisEndpoint endpoint, LaneKind kind)
{
    public TimeProvider Time => settings.Runtime.Time;

    public RedisEndpoint Endpoint => endpoint;

    public LaneKind Kind => kind;

    public int MaxInFlight => settings.MaxInFlight;

    public long MaxInFlightBytes => settings.MaxInFlightBytes;

    /// <summary>Whether silence means that the connection is dead, rather than that commands wait at the server.</summary>
    public bool IsPrompt => kind is LaneKind.Shared or LaneKind.ReadOnly;

    public long KeepAliveTicks { get; } = (long)(settings.KeepAlive.TotalSeconds * settings.Runtime.Time.TimestampFrequency);

    /// <summary>How long a caller's code may keep a reader while it waits for an answer itself.</summary>
    public long MaxDeliveryTicks { get; } = settings.Runtime.Time.TimestampFrequency / 25;

    /// <summary>How long callers' code is kept off the readers after it blocked one.</summary>
    public long DeliveryBanTicks { get; } = settings.Runtime.Time.TimestampFrequency;

    public LaneLink Open(Action received) => LaneOpener.Open(settings, endpoint, kind, received);

    /// <summary>How long to wait after so many failed attempts: 25 ms, doubled to 2 s, give or take a half.</summary>
    public TimeSpan Backoff(int failures)
    {
        const int First = 25;
        const int Last = 2_000;
        return settings.Runtime.Jitter(TimeSpan.FromMilliseconds(Math.Min(Last, First << Math.Min(failures, 10))));
    }
}
