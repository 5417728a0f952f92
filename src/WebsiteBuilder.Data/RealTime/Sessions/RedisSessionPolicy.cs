using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>How long user sessions live, and how many a user may have. Immutable.</summary>
public sealed record RedisSessionPolicy
{
    /// <summary>The most sessions that a user may be allowed.</summary>
    public const int MaxSessions = 1_000;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>30 minutes from the last touch, 12 hours in all, 100 sessions for each user.</summary>
    public static RedisSessionPolicy Default { get; } = new();

    /// <summary>How long a session lives from its last touch on: 1 s to 366 days. Default: 30 minutes.</summary>
    public TimeSpan Sliding { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long it lives in all, however often it is touched: from <see cref="Sliding"/> to 366 days. Default: 12 hours.</summary>
    public TimeSpan Absolute { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How many sessions a user may have; the one that would end first makes room for a new one. 1 to <see cref="MaxSessions"/>. Default: 100.</summary>
    public int MaxPerUser { get; init; } = 100;

    internal void Require()
    {
        Bounds.Require(Sliding, TimeSpan.FromSeconds(1), Longest, nameof(Sliding));
        Bounds.Require(Absolute, Sliding, Longest, nameof(Absolute));
        Bounds.Require(MaxPerUser, 1, MaxSessions, nameof(MaxPerUser));
    }
}
