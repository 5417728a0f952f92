using StackExchange.Redis;

namespace WebsiteBuilder.Data.Multiplexing;

/// <summary>Puts the client's errors into the port's words.</summary>
internal static class Faults
{
    public static RedisFaultException Of(Exception error, in RedisCommand command)
    {
        var ifSent = command.Access == RedisAccess.Read ? WriteDisposition.NotApplied : WriteDisposition.Ambiguous;
        return error switch
        {
            // What the client says in the server's place when it can't follow a cluster's redirection.
            RedisServerException when error.Message.StartsWith("Endpoint ", StringComparison.Ordinal) || error.Message.StartsWith("Key has MOVED", StringComparison.Ordinal) =>
                Make(RedisFaultKind.NotReady, WriteDisposition.NotApplied, "The node that owns the slot can't be reached.", error),
            RedisServerException => RedisFaultException.FromServer(error.Message, command),
            TimeoutException => Make(RedisFaultKind.Timeout, ifSent, "Redis didn't answer in time.", error),
            RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection or ConnectionFailureType.UnableToConnect } =>
                Make(RedisFaultKind.Unreachable, WriteDisposition.NotApplied, "The multiplexer has no connection to a node that may answer.", error),
            RedisConnectionException { FailureType: ConnectionFailureType.AuthenticationFailure } =>
                Make(RedisFaultKind.Denied, WriteDisposition.NotApplied, "The multiplexer isn't let in.", error),
            RedisConnectionException => Make(RedisFaultKind.Interrupted, ifSent, "The connection to Redis was lost.", error),
            // Refused by the client itself: keys of several slots, a write to a replica, a command that it doesn't allow.
            RedisCommandException => Make(
                error.Message.Contains("single slot", StringComparison.OrdinalIgnoreCase) || !error.Message.Contains("issued to", StringComparison.Ordinal)
                    ? RedisFaultKind.Rejected
                    : RedisFaultKind.WrongRole,
                WriteDisposition.NotApplied,
                "The client refuses the command.",
                error),
            _ => Make(RedisFaultKind.Unknown, ifSent, "The client failed.", error),
        };
    }

    private static RedisFaultException Make(RedisFaultKind kind, WriteDisposition disposition, string message, Exception error) => new(kind, disposition, message, error)
    {
        Code = error is RedisCommandException && error.Message.Contains("single slot", StringComparison.OrdinalIgnoreCase) ? "CROSSSLOT" : null,
    };
}
