using System.Globalization;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Where a node listens.</summary>
internal readonly record struct RedisEndpoint(string Host, int Port)
{
    /// <summary>Reads <c>host:port</c>; an IPv6 address may be bracketed, and need not be, as in a cluster's redirections.</summary>
    public static bool TryParse(string text, out RedisEndpoint endpoint)
    {
        endpoint = default;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65_535)
        {
            return false;
        }

        endpoint = new RedisEndpoint(text[..colon].Trim('[', ']'), port);
        return true;
    }
}
