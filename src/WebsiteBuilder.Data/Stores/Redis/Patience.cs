namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Blocks a thread of our own, by whatever clock is used.</summary>
internal static class Patience
{
    /// <summary>Waits for a pulse, or for time to pass. The gate is held.</summary>
    public static void Wait(object gate, TimeSpan atMost, TimeProvider time)
    {
        if (ReferenceEquals(time, TimeProvider.System))
        {
            Monitor.Wait(gate, atMost);
            return;
        }

        using var timer = time.CreateTimer(
            static gate =>
            {
                lock (gate!)
                {
                    Monitor.PulseAll(gate);
                }
            },
            gate,
            atMost,
            Timeout.InfiniteTimeSpan);
        Monitor.Wait(gate);
    }
}
