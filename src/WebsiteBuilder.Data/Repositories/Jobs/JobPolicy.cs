using WebsiteBuilder.Data.Repositories;

namespace WebsiteBuilder.Data;

/// <summary>How a queue treats its jobs. Immutable. Every process that works on a queue should have the same.</summary>
public sealed record JobPolicy
{
    /// <summary>The defaults.</summary>
    public static JobPolicy Default { get; } = new();

    /// <summary>
    /// How long a worker has a job before another may take it, unless it renews: 1 s to 1 day. Default: 30 s. Make it several times the greatest difference between the workers' clocks.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a job may be tried that doesn't say so itself: 1 to 1,000. Default: 10.</summary>
    public int MaxAttempts { get; init; } = 10;

    /// <summary>How long a job waits after its first failure; twice as long after each further one: 0 to 1 day. Default: 5 s.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest such wait, not below <see cref="FirstDelay"/>, 7 days at most. Default: 1 h.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromHours(1);

    internal void Require()
    {
        Within.Require(Lease, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), nameof(Lease));
        Within.Require(FirstDelay, TimeSpan.Zero, TimeSpan.FromDays(1), nameof(FirstDelay));
        Within.Require(MaxDelay, FirstDelay, TimeSpan.FromDays(7), nameof(MaxDelay));
        Within.Require(MaxAttempts, 1, 1_000, nameof(MaxAttempts));
    }

    /// <summary>Doubles with each attempt up to the longest, and is spread over its upper half by the job's id, so that jobs that failed together don't come back together.</summary>
    internal TimeSpan DelayAfter(Job job)
    {
        var delay = FirstDelay * Math.Pow(2, Math.Min(Math.Max(job.Attempts, 1) - 1, 30));
        delay = delay > MaxDelay ? MaxDelay : delay;
        var share = (job.Key.Id.GetHashCode() & 0xFFFF) / (double)0xFFFF;
        return TimeSpan.FromMicroseconds(Math.Floor((delay * (0.5 + (share / 2))).TotalMicroseconds));
    }
}
