namespace WebsiteBuilder.Data.Clusters;

/// <summary>When a link resets a connection of its own accord.</summary>
/// <param name="Idle">After so long without a byte, unless the client spoke last; null for never.</param>
/// <param name="Bytes">After so many bytes, both ways together; null for never.</param>
internal sealed record ResetRule(TimeSpan? Idle, long? Bytes)
{
    /// <summary>How often idle connections are looked for, at most this late.</summary>
    public TimeSpan LookEvery => Idle is { } idle && idle < TimeSpan.FromSeconds(1) ? idle / 4 : TimeSpan.FromMilliseconds(250);
}
