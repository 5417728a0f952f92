namespace WebsiteBuilder.Data;

/// <summary>Settings of a <see cref="RealTimeStore"/>.</summary>
public sealed class RealTimeOptions
{
    /// <summary>
    /// What all keys and topics begin with: 1 to 64 letters, digits, '.', '_', '-' and ':'. Applications that share a Redis need prefixes of their own.
    /// Default: <c>wb</c>.
    /// </summary>
    public string Prefix { get; set; } = "wb";

    /// <summary>Which region this Redis is in; results say so. Default: unspecified.</summary>
    public RegionId Region { get; set; }

    /// <summary>
    /// The jurisdiction that this Redis is in, 1 to 64 characters: <see cref="GlobalKeys"/> of a jurisdiction are kept only where it is the same, and carts only of <see cref="Territories"/>. Default: null, none.
    /// </summary>
    public string? Jurisdiction { get; set; }

    /// <summary>
    /// The residency rule of shopping carts: the territories whose users' carts may be kept in this Redis. Others' are refused before anything is asked of Redis or PostgreSQL. Default: null; then anybody's may
    /// be kept if there is no <see cref="Jurisdiction"/>, and there are no carts at all if there is one.
    /// </summary>
    public IReadOnlyCollection<Territory>? Territories { get; set; }

    /// <summary>How keys and values are laid out. All processes must have the same, for as long as the data is kept.</summary>
    public KeyValuePolicy KeyValues { get; set; } = KeyValuePolicy.Default;

    /// <summary>How long user sessions live. All processes should have the same.</summary>
    public RedisSessionPolicy Sessions { get; set; } = RedisSessionPolicy.Default;

    /// <summary>How long silence means presence. All processes should have the same.</summary>
    public PresencePolicy Presence { get; set; } = PresencePolicy.Default;
}
