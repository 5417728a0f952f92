namespace WebsiteBuilder.Data.Health;

/// <summary>
/// For how long somebody who failed is kept away: twice as long each time that it fails again soon after it was let back, and as at first once it has stayed well for as long as
/// the longest hold. Pure: time is an argument. Guarded by its owner.
/// </summary>
/// <param name="first">The first hold.</param>
/// <param name="step">The second one.</param>
/// <param name="longest">Where it stops growing, and how long somebody must stay well to be met as if for the first time.</param>
internal struct GrowingHold(TimeSpan first, TimeSpan step, TimeSpan longest)
{
    private int _relapses;
    private TimeSpan? _endedAt;

    /// <summary>How long the present hold lasts.</summary>
    public readonly TimeSpan Length
    {
        get
        {
            if (_relapses == 0)
            {
                return first < longest ? first : longest;
            }

            var length = step * Math.Pow(2, Math.Min(_relapses, 31) - 1);
            return length < longest ? length : longest;
        }
    }

    public void Begin(TimeSpan now)
    {
        _relapses = now - _endedAt < longest ? _relapses + 1 : 0;
        _endedAt = null;
    }

    public void End(TimeSpan now) => _endedAt = now;
}
