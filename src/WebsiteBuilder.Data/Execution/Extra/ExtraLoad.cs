using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// How much more the nodes are asked than callers ask: a share of what was asked of them lately, and a little at rest. After the retry budget of Finagle, with fading counts in place of its
/// window of buckets. Time and the count are arguments. Thread-safe.
/// </summary>
/// <param name="share">The most that is asked in addition, as a share of what callers ask for: 0 to 1.</param>
/// <param name="atRest">The most in a second even if callers ask for next to nothing.</param>
internal sealed class ExtraLoad(double share, double atRest)
{
    /// <summary>What is asked in addition is counted among what was asked.</summary>
    private readonly double _ofAll = share / (1 + share);
    private readonly double _atRest = atRest * FadingCount.Memory.TotalSeconds;
    private readonly Lock _lock = new();
    private FadingCount _taken;

    /// <summary>Takes one; false if there is none left.</summary>
    /// <param name="asked">How often the nodes were asked lately, whatever for, as a <see cref="FadingCount"/> has it.</param>
    /// <param name="now">The time.</param>
    public bool TryTake(double asked, TimeSpan now)
    {
        lock (_lock)
        {
            if (_taken.At(now) + 1 > (_ofAll * asked) + _atRest)
            {
                return false;
            }

            _taken.Add(1, now);
            return true;
        }
    }
}
