using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>How long silence means presence. Immutable.</summary>
public sealed record PresencePolicy
{
    /// <summary>30 seconds, 1,000 connections.</summary>
    public static PresencePolicy Default { get; } = new();

    /// <summary>How long somebody counts as present after his last heartbeat: 100 ms to 1 hour. Default: 30 seconds.</summary>
    public TimeSpan Expiry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many connections may be at one place: 1 to 10,000. Default: 1,000.</summary>
    public int MaxPerPlace { get; init; } = 1_000;

    internal void Require()
    {
        Bounds.Require(Expiry, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1), nameof(Expiry));
        Bounds.Require(MaxPerPlace, 1, 10_000, nameof(MaxPerPlace));
    }
}
