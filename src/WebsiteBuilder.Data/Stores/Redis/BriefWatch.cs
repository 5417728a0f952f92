namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>
/// Watches for an answer for a moment before the thread goes to sleep: to wake it again takes an idle processor longer than a server nearby needs
/// to answer.
/// </summary>
/// <remarks>
/// Only where it pays. A watch that ends without the answer (the server is far) or in which others take the processor (the machine is busy, and
/// sleeping is what lets the server answer) is followed by a rest, and by a longer one each time. One thread at a time.
/// </remarks>
internal sealed class BriefWatch(TimeProvider time, Func<bool> hasCome, Action yield)
{
    /// <summary>Holds under a clock that stands still, too.</summary>
    public const int MaxLooks = 256;

    /// <summary>How long a watch lasts at most; a look that takes that long by itself has lost the processor.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(50);

    /// <summary>The rest after the first watch that didn't pay.</summary>
    public static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(1);

    /// <summary>The rest after many.</summary>
    public static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(256);

    private readonly long _longest = Ticks(Longest, time);
    private readonly long _shortestRest = Ticks(ShortestRest, time);
    private readonly long _longestRest = Ticks(LongestRest, time);
    private long _rest = Ticks(ShortestRest, time);
    private long _restsUntil = long.MinValue;

    /// <summary>Returns when something has come, or when it is better to sleep.</summary>
    public void Wait()
    {
        if (hasCome())
        {
            // It would have been there without a watch.
            return;
        }

        var (now, looks) = (time.GetTimestamp(), 0);
        if (now < _restsUntil)
        {
            return;
        }

        var end = now + _longest;
        do
        {
            yield();
            now = time.GetTimestamp();
            if (now <= end && hasCome())
            {
                _rest = Math.Max(_shortestRest, _rest - (_rest / 8));
                return;
            }
        }
        while (now <= end && ++looks < MaxLooks);

        _restsUntil = now + _rest;
        _rest = Math.Min(_longestRest, _rest * 2);
    }

    private static long Ticks(TimeSpan span, TimeProvider time) => (long)(span.TotalSeconds * time.TimestampFrequency);
}
