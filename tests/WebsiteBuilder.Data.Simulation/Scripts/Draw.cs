namespace WebsiteBuilder.Data.Simulation.Scripts;

/// <summary>Draws from one seeded source. Its own generator, so that a seed means the same on every platform and version.</summary>
internal sealed class Draw
{
    private ulong _state;

    public Draw(int seed)
    {
        _state = (ulong)seed;
        Bits();
        Bits();
    }

    public int Below(int exclusiveEnd) => (int)(Bits() % (ulong)exclusiveEnd);

    public int Between(int first, int last) => first + Below(last - first + 1);

    public double Share() => (Bits() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => Share() < probability;

    public TimeSpan Between(TimeSpan shortest, TimeSpan longest) => shortest + TimeSpan.FromTicks((long)(Share() * (longest - shortest).Ticks));

    /// <summary>Exponentially spread around a mean, at most eight times as long, in whole microseconds.</summary>
    public TimeSpan Around(TimeSpan mean) =>
        TimeSpan.FromMicroseconds(Math.Floor(mean.TotalMicroseconds * Math.Min(8, -Math.Log(1 - Share()))));

    public T Weighted<T>(IReadOnlyList<(T Item, int Weight)> choices)
    {
        var total = 0;
        foreach (var (_, weight) in choices)
        {
            total += weight;
        }

        var drawn = Below(total);
        foreach (var (item, weight) in choices)
        {
            drawn -= weight;
            if (drawn < 0)
            {
                return item;
            }
        }

        throw new InvalidOperationException("No choice has a weight.");
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014).</summary>
    private ulong Bits()
    {
        var mixed = _state += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
