using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>How a queue treats messages. Immutable.</summary>
public sealed record RedisQueuePolicy
{
    /// <summary>One minute, 5 deliveries, a million messages, 10,000 dead ones.</summary>
    public static RedisQueuePolicy Default { get; } = new();

    /// <summary>How long a message is its consumer's before another one may have it: 10 ms to 1 day. Default: 1 minute.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a message is given to consumers before it is a dead letter: 1 to 1,000. Default: 5.</summary>
    public int MaxDeliveries { get; init; } = 5;

    /// <summary>How many messages the queue holds, those under way included; more are refused. 1 to 100,000,000. Default: 1,000,000.</summary>
    public int MaxLength { get; init; } = 1_000_000;

    /// <summary>How many dead letters are kept, the newest ones: 1 to 1,000,000. Default: 10,000.</summary>
    public int MaxDead { get; init; } = 10_000;

    internal void Require()
    {
        Bounds.Require(Lease, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1), nameof(Lease));
        Bounds.Require(MaxDeliveries, 1, 1_000, nameof(MaxDeliveries));
        Bounds.Require(MaxLength, 1, 100_000_000, nameof(MaxLength));
        Bounds.Require(MaxDead, 1, 1_000_000, nameof(MaxDead));
    }
}
