namespace WebsiteBuilder.Data.Stores;

/// <summary>What went wrong at a store, in the engine's words.</summary>
internal enum StoreFaultKind
{
    /// <summary>Not classified. For a write: ambiguous.</summary>
    Unknown = 0,

    /// <summary>No connection could be made; nothing was sent.</summary>
    Unreachable = 1,

    /// <summary>The connection was lost, or the node went away, while something was on its way.</summary>
    Interrupted = 2,

    /// <summary>No answer in time.</summary>
    Timeout = 3,

    /// <summary>Limits: connections, memory, waiters.</summary>
    Throttled = 4,

    /// <summary>The node isn't what the topology says: role, history or timeline.</summary>
    WrongRole = 5,

    /// <summary>What is stored contradicts the write.</summary>
    Conflict = 6,

    /// <summary>The statement itself is wrong, or not allowed.</summary>
    Rejected = 7,

    /// <summary>The caller gave up.</summary>
    Cancelled = 8,

    /// <summary>The write's attempt or its idempotency key has a row already; nothing was applied by this one.</summary>
    OperationKnown = 9,

    /// <summary>The caller's own code failed in the middle of a unit of work; the inner exception is the caller's.</summary>
    BodyFailed = 10,
}

/// <summary>Thrown by stores, seen by the engine only.</summary>
internal sealed class StoreFaultException(StoreFaultKind kind, WriteDisposition disposition, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public StoreFaultKind Kind { get; } = kind;

    /// <summary>Whether a write had its effect; meaningless for reads.</summary>
    public WriteDisposition Disposition { get; } = disposition;

    /// <summary>The store's own code.</summary>
    public string? Code { get; init; }

    /// <summary>What is wrong and what to do about it, for the caller, without values; null if only the inner error knows.</summary>
    public string? Advice { get; init; }

    /// <summary>What is wrong with the endpoint's settings, for whoever made them; names settings and nothing else. Null if nothing is known to be.</summary>
    public string? Setup { get; init; }

    public ConflictKind Conflict { get; init; }

    public string? Constraint { get; init; }

    /// <summary>Of several statements, the name of the one that failed.</summary>
    public string? Statement { get; init; }

    /// <summary>With a conflict: whoever has this position shows what contradicted the write; 0 if that isn't known.</summary>
    public ulong Position { get; init; }

    /// <summary>Whether others were told of the same failure before, so that it is no further evidence against the node.</summary>
    public bool IsEcho { get; private init; }

    /// <summary>The same fault of one of several statements.</summary>
    public StoreFaultException At(string statement) => new(Kind, Disposition, Message, InnerException)
    {
        Code = Code,
        Advice = Advice,
        Setup = Setup,
        Conflict = Conflict,
        Constraint = Constraint,
        Position = Position,
        Statement = statement,
    };

    /// <summary>The same fault for somebody else who waited for the same answer.</summary>
    public StoreFaultException Echo() => new(Kind, Disposition, Message, InnerException)
    {
        Code = Code,
        Advice = Advice,
        Setup = Setup,
        Conflict = Conflict,
        Constraint = Constraint,
        Position = Position,
        Statement = Statement,
        IsEcho = true,
    };

    /// <summary>Whether a limit of this client's own was met: the node wasn't even asked, so nothing is known of it either way.</summary>
    public bool IsOwnLimit => Kind == StoreFaultKind.Throttled && Code is null;

    /// <summary>
    /// Whether the fault says something about the node, rather than about the statement. A server that cancels a statement is well.
    /// </summary>
    public bool BlamesNode =>
        Kind is StoreFaultKind.Unknown or StoreFaultKind.Unreachable or StoreFaultKind.Interrupted || (Kind == StoreFaultKind.Timeout && Code is null);
}
