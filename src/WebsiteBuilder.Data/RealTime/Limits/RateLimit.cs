using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>So many permits per time, and how many at once. Immutable; one limit serves any number of keys.</summary>
/// <remarks>
/// Kept by the generic cell rate algorithm (ITU-T I.371): permits come back one by one, evenly, not all at the end of a window. Of a key that was
/// left alone <see cref="Burst"/> permits can be had at once; over any span of time never more than burst + span / <see cref="Interval"/>.
/// </remarks>
public sealed record RateLimit
{
    /// <summary>The most permits, of a burst too.</summary>
    public const int MaxPermits = 1_000_000;

    /// <summary>The longest time that a whole burst may take to come back.</summary>
    public static readonly TimeSpan MaxSpan = TimeSpan.FromDays(366);

    /// <summary>The shortest time between two permits.</summary>
    public static readonly TimeSpan MinInterval = TimeSpan.FromMicroseconds(10);

    /// <summary>Makes a limit.</summary>
    /// <param name="permits">How many permits come back: 1 to <see cref="MaxPermits"/>.</param>
    /// <param name="per">In how long; at least <see cref="MinInterval"/> for each permit.</param>
    /// <param name="burst">How many can be had at once: 1 to <see cref="MaxPermits"/>. Default: as many as <paramref name="permits"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of range, or a whole burst would take longer than <see cref="MaxSpan"/> to come back.</exception>
    public RateLimit(int permits, TimeSpan per, int? burst = null)
    {
        Bounds.Require(permits, 1, MaxPermits, nameof(permits));
        Bounds.Require(burst ?? permits, 1, MaxPermits, nameof(burst));
        Bounds.Require(per, MinInterval * permits, MaxSpan, nameof(per));
        (Permits, Per, Burst) = (permits, per, burst ?? permits);
        Interval = TimeSpan.FromTicks((per.Ticks + permits - 1) / permits);
        Bounds.Require(Interval * Burst, TimeSpan.Zero, MaxSpan, nameof(burst));
    }

    /// <summary>How many permits come back in <see cref="Per"/>.</summary>
    public int Permits { get; }

    /// <summary>In how long.</summary>
    public TimeSpan Per { get; }

    /// <summary>How many can be had at once.</summary>
    public int Burst { get; }

    /// <summary>
    /// The time between two permits, rounded up to whole ticks of 100 ns: a limit is never exceeded, and falls short by 1 % at the most, where permits
    /// are 10 µs apart.
    /// </summary>
    public TimeSpan Interval { get; }

    internal Gcra Gcra => new(Interval.Ticks, Burst);
}

/// <summary>What a rate limiter says.</summary>
/// <param name="IsAllowed">Whether the permits were taken. If not, none was.</param>
/// <param name="Remaining">How many permits could be had at once now.</param>
/// <param name="RetryAfter">When to ask for the same again, at the earliest; zero if it was allowed.</param>
/// <param name="ResetAfter">When the whole burst is there again if nobody takes any.</param>
public readonly record struct RateDecision(bool IsAllowed, int Remaining, TimeSpan RetryAfter, TimeSpan ResetAfter);
