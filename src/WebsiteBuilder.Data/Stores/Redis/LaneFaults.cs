using System.Security.Authentication;

namespace WebsiteBuilder.Data.Stores.Redis;

/// <summary>Puts what the platform says of a connection into the port's words.</summary>
internal static class LaneFaults
{
    public static RedisFaultException OfConnecting(Exception error) => error switch
    {
        RedisFaultException { Kind: RedisFaultKind.Denied or RedisFaultKind.WrongRole or RedisFaultKind.Throttled } fault => fault,
        AuthenticationException => Make(RedisFaultKind.Unreachable, "TLS with the Redis node failed.", error),
        _ => Make(RedisFaultKind.Unreachable, "The Redis node can't be reached.", error),
    };

    /// <summary>Why a connection was lost.</summary>
    public static RedisFaultException OfLoss(Exception error) => error is RespFormatException
        ? Make(RedisFaultKind.Malformed, $"What came from the Redis node isn't what was agreed on: {error.Message}", error)
        : Make(RedisFaultKind.Interrupted, "The connection to the Redis node was lost.", error);

    /// <summary>The same for a call that had been written.</summary>
    public static RedisFaultException Interrupted(RedisFaultException loss, RedisCall call) => new(loss.Kind, call.IfWritten, loss.Message, loss.InnerException);

    private static RedisFaultException Make(RedisFaultKind kind, string message, Exception error) => new(kind, WriteDisposition.NotApplied, message, error);
}
