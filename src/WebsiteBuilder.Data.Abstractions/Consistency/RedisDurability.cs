namespace WebsiteBuilder.Data;

/// <summary>How far a write is to get before its caller goes on: <c>WAIT</c>. Immutable.</summary>
/// <param name="Replicas">How many replicas must have it: 1 to 100.</param>
/// <param name="Patience">How long to wait for them, on top of the time for the write itself: 1 ms to 1 hour.</param>
/// <remarks>
/// A write that replicas confirmed survives a failover if one of them is promoted, which Redis doesn't guarantee. One that they didn't confirm in
/// time is in nevertheless: results say how many have it. Where a channel can't wait (an adapter over a cluster) it is a
/// <see cref="NotSupportedException"/>.
/// </remarks>
public sealed record RedisDurability(int Replicas, TimeSpan Patience)
{
    /// <summary>One replica, within 100 ms.</summary>
    public static RedisDurability OneReplica { get; } = new(1, TimeSpan.FromMilliseconds(100));
}
