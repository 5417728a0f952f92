namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// What is random in the network and in the nodes. Apart from the clients' own dice, so that a fault more or less doesn't change what the clients
/// draw; and nothing is drawn for what can't happen. Thread-safe.
/// </summary>
internal sealed class Dice(int seed)
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    /// <summary>Whether something of this probability, 0 to 1, happens now.</summary>
    public bool Happens(double probability)
    {
        if (probability <= 0)
        {
            return false;
        }

        lock (_lock)
        {
            return _random.NextDouble() < probability;
        }
    }

    /// <summary>A span from zero up to this one.</summary>
    public TimeSpan UpTo(TimeSpan most)
    {
        if (most <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        lock (_lock)
        {
            return TimeSpan.FromTicks(_random.NextInt64(most.Ticks + 1));
        }
    }

    /// <summary>A number from zero, below this one.</summary>
    public int Below(int exclusiveEnd)
    {
        lock (_lock)
        {
            return _random.Next(exclusiveEnd);
        }
    }
}
