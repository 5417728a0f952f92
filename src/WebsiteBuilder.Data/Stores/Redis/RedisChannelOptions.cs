using System.Net.Security;
using Microsoft.Extensions.Options;
using WebsiteBuilder.Data.Runtime;
using WebsiteBuilder.Data.Stores.Redis;

namespace WebsiteBuilder.Data;

/// <summary>How the nodes behind a <see cref="RespChannel"/> belong together.</summary>
public enum RedisDeployment
{
    /// <summary>One primary and its replicas, all of them listed. Who is the primary is asked of the nodes.</summary>
    Standalone = 0,

    /// <summary>Redis Cluster. Some nodes are listed, the others are found.</summary>
    Cluster = 1,

    /// <summary>One primary and its replicas, found by asking the listed Sentinels.</summary>
    Sentinel = 2,
}

/// <summary>Settings of a <see cref="RespChannel"/>; read once, when it is made.</summary>
public sealed class RedisChannelOptions
{
    /// <summary>Nodes, or Sentinels, as <c>host:port</c>: 1 to 100.</summary>
    public IList<string> Endpoints { get; } = [];

    /// <summary>How they belong together. Default: <see cref="RedisDeployment.Standalone"/>.</summary>
    public RedisDeployment Deployment { get; set; }

    /// <summary>With Sentinels: the name they know the primary by. Default: <c>mymaster</c>.</summary>
    public string ServiceName { get; set; } = "mymaster";

    /// <summary>The user of the access control list. Default: null, the server's default user.</summary>
    public string? User { get; set; }

    /// <summary>The password. Default: null, none.</summary>
    public string? Password { get; set; }

    /// <summary>The password of the Sentinels, for their default user. Default: null, none.</summary>
    public string? SentinelPassword { get; set; }

    /// <summary>
    /// TLS, to nodes and Sentinels. Default: null, none. <see cref="SslClientAuthenticationOptions.TargetHost"/> is the endpoint's host
    /// unless set. The certificate is checked as the platform does it, unless told otherwise here.
    /// </summary>
    public SslClientAuthenticationOptions? Tls { get; set; }

    /// <summary>What the server's <c>CLIENT LIST</c> shows: 1 to 64 visible ASCII characters. Default: <c>websitebuilder</c>.</summary>
    public string ClientName { get; set; } = "websitebuilder";

    /// <summary>How long a call waits for its answer if it doesn't say: 1 ms to 1 hour. Default: 1 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long each step of connecting may take: 10 ms to 1 minute. Default: 1 s.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// After so much silence a connection is asked for a sign of life, and ended if it gives none for as long again: 100 ms to 10 minutes.
    /// Default: 3 s.
    /// </summary>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>What may be on its way.</summary>
    public RedisLimits Limits { get; } = new();

    internal RedisSettings Validated(EngineRuntime runtime)
    {
        List<string> wrong = [];
        List<RedisEndpoint> endpoints = [];
        foreach (var text in Endpoints)
        {
            if (RedisEndpoint.TryParse(text ?? "", out var endpoint))
            {
                endpoints.Add(endpoint);
            }
            else
            {
                wrong.Add($"{nameof(Endpoints)}: each is host:port.");
            }
        }

        Check(wrong, Endpoints.Count is >= 1 and <= 100, $"{nameof(Endpoints)}: 1 to 100 of them.");
        Check(wrong, Enum.IsDefined(Deployment), $"{nameof(Deployment)} is none that is known.");
        Check(wrong, !string.IsNullOrEmpty(ServiceName), $"{nameof(ServiceName)} is empty.");
        Check(wrong, User is null || Password is not null, $"{nameof(User)} needs a {nameof(Password)}.");
        Check(wrong, ClientName is { Length: >= 1 and <= 64 } name && name.All(static letter => letter is > ' ' and <= '~'), $"{nameof(ClientName)} is 1 to 64 visible ASCII characters.");
        Check(wrong, Timeout >= TimeSpan.FromMilliseconds(1) && Timeout <= TimeSpan.FromHours(1), $"{nameof(Timeout)} is 1 ms to 1 hour.");
        Check(wrong, ConnectTimeout >= TimeSpan.FromMilliseconds(10) && ConnectTimeout <= TimeSpan.FromMinutes(1), $"{nameof(ConnectTimeout)} is 10 ms to 1 minute.");
        Check(wrong, KeepAlive >= TimeSpan.FromMilliseconds(100) && KeepAlive <= TimeSpan.FromMinutes(10), $"{nameof(KeepAlive)} is 100 ms to 10 minutes.");
        Check(wrong, Limits.MaxInFlight is >= 1 and <= 1_000_000, $"{nameof(RedisLimits.MaxInFlight)} is 1 to 1,000,000.");
        Check(wrong, Limits.MaxInFlightBytes is >= 1_024 and <= 1L << 30, $"{nameof(RedisLimits.MaxInFlightBytes)} is 1 KiB to 1 GiB.");
        Check(wrong, Limits.MaxReplyBytes is >= 1_024 and <= 1L << 30, $"{nameof(RedisLimits.MaxReplyBytes)} is 1 KiB to 1 GiB.");
        Check(wrong, Limits.MaxBlocking is >= 0 and <= 1_000, $"{nameof(RedisLimits.MaxBlocking)} is 0 to 1,000.");
        Check(wrong, Limits.MaxUnreadMessages is >= 1 and <= 1_000_000, $"{nameof(RedisLimits.MaxUnreadMessages)} is 1 to 1,000,000.");
        if (wrong.Count > 0)
        {
            throw new OptionsValidationException(nameof(RedisChannelOptions), typeof(RedisChannelOptions), wrong.Distinct(StringComparer.Ordinal));
        }

        return new RedisSettings(
            runtime, [.. endpoints], Deployment, ServiceName, User, Password, SentinelPassword, Tls, ClientName, Timeout, ConnectTimeout, KeepAlive,
            Limits.MaxInFlight, Limits.MaxInFlightBytes, Limits.MaxReplyBytes, Limits.MaxBlocking, Limits.MaxUnreadMessages);
    }

    private static void Check(List<string> wrong, bool good, string message)
    {
        if (!good)
        {
            wrong.Add(message);
        }
    }
}

/// <summary>What may be on its way to and from one node, so that a slow one can't take all memory.</summary>
public sealed class RedisLimits
{
    /// <summary>Commands without an answer: 1 to 1,000,000. Default: 16,384. One more is <see cref="RedisFaultKind.Throttled"/>.</summary>
    public int MaxInFlight { get; set; } = 16_384;

    /// <summary>
    /// Bytes of commands without an answer: 1 KiB to 1 GiB. Default: 64 MiB. Beyond it the next one is <see cref="RedisFaultKind.Throttled"/>; a
    /// single command may be larger.
    /// </summary>
    public long MaxInFlightBytes { get; set; } = 64 << 20;

    /// <summary>What one answer may take in memory: 1 KiB to 1 GiB. Default: 64 MiB. A larger one is <see cref="RedisFaultKind.Malformed"/> and costs the connection.</summary>
    public long MaxReplyBytes { get; set; } = 64 << 20;

    /// <summary>Blocking commands at a time, over all nodes; each has a connection: 0 to 1,000. Default: 64. One more is <see cref="RedisFaultKind.Throttled"/>.</summary>
    public int MaxBlocking { get; set; } = 64;

    /// <summary>Messages that a subscription keeps for its reader: 1 to 1,000,000. Default: 10,000. Beyond it the oldest are dropped.</summary>
    public int MaxUnreadMessages { get; set; } = 10_000;
}
