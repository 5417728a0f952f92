namespace WebsiteBuilder.Data.Runtime;

/// <summary>A count of late: what came <see cref="Memory"/> ago counts by 1/e. A steady rate is counted as ten seconds of it. Pure: time is an argument. Guarded by its owner.</summary>
internal struct FadingCount
{
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private double _count;
    private TimeSpan _at;

    public readonly double At(TimeSpan now) => now > _at ? _count * Math.Exp(-((now - _at) / Memory)) : _count;

    public void Add(long count, TimeSpan now)
    {
        _count = At(now) + count;
        _at = now > _at ? now : _at;
    }
}
