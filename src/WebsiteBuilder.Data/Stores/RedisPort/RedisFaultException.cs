using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data;

/// <summary>What went wrong between us and Redis.</summary>
public enum RedisFaultKind
{
    /// <summary>Not classified.</summary>
    Unknown = 0,

    /// <summary>There is no connection to a node that may answer; nothing was sent.</summary>
    Unreachable = 1,

    /// <summary>The connection was lost while the command was on its way.</summary>
    Interrupted = 2,

    /// <summary>No answer in time.</summary>
    Timeout = 3,

    /// <summary>A limit was reached: commands or bytes in flight at the channel, or memory, clients, a busy script at the server.</summary>
    Throttled = 4,

    /// <summary>The node, or the cluster, doesn't serve at the moment: loading, without its primary, slots unowned or under way, too few replicas.</summary>
    NotReady = 5,

    /// <summary>A replica was asked to write: the primary has changed.</summary>
    WrongRole = 6,

    /// <summary>Wrong password, or the user may not do that.</summary>
    Denied = 7,

    /// <summary>The server refuses the command: wrong type, wrong arguments, keys of several slots; or a script failed.</summary>
    Rejected = 8,

    /// <summary>What came back isn't what the protocol or the caller expected, or exceeds a limit.</summary>
    Malformed = 9,
}

/// <summary>Thrown by a <see cref="IRedisChannel"/>. The message names neither hosts nor keys nor values.</summary>
public sealed class RedisFaultException : DataTierException
{
    /// <summary>Makes the error.</summary>
    /// <param name="kind">What went wrong. It decides on <see cref="DataTierException.IsTransient"/>.</param>
    /// <param name="disposition">Whether the command had an effect; for reads <see cref="WriteDisposition.NotApplied"/>.</param>
    /// <param name="message">What happened, without hosts, keys and values.</param>
    /// <param name="innerException">The client's own error.</param>
    public RedisFaultException(RedisFaultKind kind, WriteDisposition disposition, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Disposition = disposition;
        IsTransient = kind is not (RedisFaultKind.Unknown or RedisFaultKind.Denied or RedisFaultKind.Rejected or RedisFaultKind.Malformed);
    }

    /// <summary>What went wrong.</summary>
    public RedisFaultKind Kind { get; }

    /// <summary>The first word of the server's error, such as <c>WRONGTYPE</c>; null if the server didn't answer with an error.</summary>
    public string? Code { get; init; }

    /// <summary>The server's words, which may quote keys and values: not for logs. Null if the server didn't answer with an error.</summary>
    public string? ServerText { get; init; }

    /// <summary>Puts an error that a server answered a command with into a fault. For those who implement <see cref="IRedisChannel"/>.</summary>
    /// <param name="error">The server's words, its code first.</param>
    /// <param name="command">The command.</param>
    public static RedisFaultException FromServer(string error, RedisCommand command)
    {
        ArgumentNullException.ThrowIfNull(error);
        return ServerErrors.Of(error, command.Access, command.Script is not null);
    }
}
