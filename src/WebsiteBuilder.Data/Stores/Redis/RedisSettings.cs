using System.Net.Security;
using WebsiteBuilder.Data.Runtime;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Checked settings that no longer change.</summary>
internal sealed record RedisSettings(
    EngineRuntime Runtime,
    RedisEndpoint[] Endpoints,
    RedisDeployment Deployment,
    string ServiceName,
    string? User,
    string? Password,
    string? SentinelPassword,
    SslClientAuthenticationOptions? Tls,
    string ClientName,
    TimeSpan Timeout,
    TimeSpan ConnectTimeout,
    TimeSpan KeepAlive,
    int MaxInFlight,
    long MaxInFlightBytes,
    long MaxReplyBytes,
    int MaxBlocking,
    int MaxUnreadMessages)
{
    /// <summary>A moment, so much later.</summary>
    public long After(long timestamp, TimeSpan span) => timestamp + (long)(span.TotalSeconds * Runtime.Time.TimestampFrequency);

    /// <summary>The same as a client of the Sentinels.</summary>
    public RedisSettings ForSentinels() => this with { User = null, Password = SentinelPassword };
}
