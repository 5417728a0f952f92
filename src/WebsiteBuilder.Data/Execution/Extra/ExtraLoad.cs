namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// How much more the nodes are asked than callers ask: a share of what was asked of them lately, and a little at rest. Credits fade, so that a quiet day doesn't pay for a storm; this is the
/// retry budget of Finagle, with a fading memory in place of its window of buckets. Time and the count are arguments. Thread-safe.
/// </summary>
/// <param name="share">The most that is asked in addition, as a share of what callers ask for: 0 to 1.</param>
/// <param name="atRest">The most in a second even if callers ask for next to nothing.</param>
internal sealed class ExtraLoad(double share, double atRest)
{
    /// <summary>What was asked so many seconds ago counts by 1/e.</summary>
    private const double Memory = 10;

    /// <summary>What is asked in addition is counted among what was asked.</summary>
    private readonly double _ofAll = share / (1 + share);
    private readonly Lock _lock = new();
    private double _credits = atRest * Memory;
    private TimeSpan _at;
    private long _asked;

    /// <summary>Takes one; false if there is none left.</summary>
    /// <param name="asked">How often the nodes were asked until now, whatever for.</param>
    /// <param name="now">The time.</param>
    public bool TryTake(long asked, TimeSpan now)
    {
        lock (_lock)
        {
            var passed = (now - _at).TotalSeconds;
            if (passed > 0)
            {
                var kept = Math.Exp(-passed / Memory);
                var perSecond = (_ofAll * (asked - _asked) / passed) + atRest;
                _credits = (_credits * kept) + (perSecond * Memory * (1 - kept));
                (_at, _asked) = (now, asked);
            }

            if (_credits < 1)
            {
                return false;
            }

            _credits--;
            return true;
        }
    }
}
