namespace WebsiteBuilder.Data;

/// <summary>Settings of a <see cref="RealTimeStore"/>.</summary>
public sealed class RealTimeOptions
{
    /// <summary>
    /// What all keys and topics begin with: 1 to 64 letters, digits, '.', '_', '-' and ':'. Applications that share a Redis need prefixes of their own.
    /// Default: <c>wb</c>.
    /// </summary>
    public string Prefix { get; set; } = "wb";

    /// <summary>How long user sessions live. All processes should have the same.</summary>
    public RedisSessionPolicy Sessions { get; set; } = RedisSessionPolicy.Default;

    /// <summary>How long silence means presence. All processes should have the same.</summary>
    public PresencePolicy Presence { get; set; } = PresencePolicy.Default;
}
