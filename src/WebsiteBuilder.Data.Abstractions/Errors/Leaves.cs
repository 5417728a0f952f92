namespace WebsiteBuilder.Data;

/// <summary>
/// No endpoint could even be asked before time ran out: wrong region, wrong role, history unknown, or writes stopped. The operation was not
/// applied.
/// </summary>
public sealed class NoEligibleRegionException : DataTierException
{
    /// <summary>Makes the error.</summary>
    /// <param name="message">What was asked and what to do.</param>
    /// <param name="excluded">How many endpoints were passed over, by reason.</param>
    public NoEligibleRegionException(string message, IReadOnlyDictionary<string, int> excluded)
        : base(message, null) => Excluded = excluded;

    /// <summary>How many endpoints were passed over, by reason, such as <c>unhealthy</c> or <c>not in the requested region</c>.</summary>
    public IReadOnlyDictionary<string, int> Excluded { get; }
}

/// <summary>
/// No node could prove in time what the read required, though one answered at least: behind, older than the bound, or a primary that can't
/// prove what the session saw at a replica.
/// </summary>
public sealed class ConsistencyNotMetException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public ConsistencyNotMetException(string message, ConsistencyLevel level, ulong required, ulong bestSeen)
        : base(message, null)
    {
        Level = level;
        Required = required;
        BestSeen = bestSeen;
    }

    /// <summary>The level that was asked for.</summary>
    public ConsistencyLevel Level { get; }

    /// <summary>The required log position; 0 when the level asks for none.</summary>
    public ulong Required { get; }

    /// <summary>The highest log position that any node proved; 0 for none.</summary>
    public ulong BestSeen { get; }

    /// <summary>The bound that was asked for, at <see cref="ConsistencyLevel.BoundedStaleness"/>.</summary>
    public TimeSpan? MaxStaleness { get; init; }

    /// <summary>The smallest proven age of any answer; <see langword="null"/> when none could be bounded.</summary>
    public TimeSpan? BestAge { get; init; }
}

/// <summary>The operation's time ran out after at least one attempt. Not applied: a write that may have been is an <see cref="AmbiguousWriteException"/>.</summary>
public sealed class DeadlineExceededException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public DeadlineExceededException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The breaker of every node that may answer is open. Not thrown by this version, which has no breakers.</summary>
public sealed class CircuitOpenException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public CircuitOpenException(string message)
        : base(message, null)
    {
    }
}

/// <summary>A limit was reached: connections, waiters, or the server's own. A read goes to another node instead, and fails with this only if no node had room until its time was up.</summary>
public sealed class ThrottledException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public ThrottledException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>The write contradicts what is stored: the key exists, the expected version is not the stored one, or a constraint is violated. Not applied.</summary>
public sealed class ConflictException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public ConflictException(string message, ConflictKind kind, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
        Disposition = WriteDisposition.NotApplied;
    }

    /// <summary>What contradicts the write.</summary>
    public ConflictKind Kind { get; }

    /// <summary>The name of the violated constraint, if the store named one.</summary>
    public string? Constraint { get; init; }
}

/// <summary>
/// A batch of a bulk insert failed. The batches before it are in, nothing was sent after it. <see cref="DataTierException.Disposition"/> is the failed batch's: unless it is
/// <see cref="WriteDisposition.Ambiguous"/>, <see cref="AppliedRows"/> are all that are in. The inner error is the batch's own, such as a <see cref="ConflictException"/> with the constraint's name.
/// </summary>
public sealed class BulkInsertException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public BulkInsertException(string message, DataTierException innerException)
        : base(message, innerException)
    {
    }

    /// <summary>How many rows are surely in: those of the batches before the failed one, over all shards.</summary>
    public long AppliedRows { get; init; }

    /// <summary>How many batches are surely in.</summary>
    public int AppliedBatches { get; init; }

    /// <summary>How many rows the failed batch has. Up to one batch for each other shard was read from the source and not sent.</summary>
    public int FailedRows { get; init; }
}

/// <summary>What contradicts a write.</summary>
public enum ConflictKind
{
    /// <summary>Not known.</summary>
    Unspecified = 0,

    /// <summary>Something has that key, or that unique value, already.</summary>
    AlreadyExists = 1,

    /// <summary>Nothing has that key.</summary>
    NotFound = 2,

    /// <summary>The stored version is not the expected one.</summary>
    VersionMismatch = 3,

    /// <summary>Another constraint of the schema.</summary>
    Constraint = 4,

    /// <summary>Concurrent transactions contradict each other; the same call may succeed later.</summary>
    Serialization = 5,

    /// <summary>The idempotency key was used for another write: other values, another key, or another operation.</summary>
    IdempotencyKeyReused = 6,
}

/// <summary>
/// The outcome of a write is unknown: the connection was lost, or time ran out, while the commit was on its way, and no primary could be asked
/// about it before the deadline, or the write leaves nothing to ask by (<see cref="EntityPolicy.Resolvable"/>).
/// </summary>
public sealed class AmbiguousWriteException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public AmbiguousWriteException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>
/// The session token names a history that nobody knows, or a position that the log hasn't reached; or its signature is missing, wrong, or by an
/// unknown key.
/// </summary>
public sealed class InvalidSessionTokenException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public InvalidSessionTokenException(string message)
        : base(message, null) => Disposition = WriteDisposition.NotApplied;
}

/// <summary>
/// Something that this session wrote or saw is gone: a promotion lost it. Never waited for. The session itself stays as it is and fails
/// again; open a new one from <see cref="Remaining"/> after telling the user, or doing the work again. After a read at the primary the lost
/// position may also have been another session's unfinished work only.
/// </summary>
public sealed class SessionHistoryLostException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public SessionHistoryLostException(string message, SessionToken remaining)
        : base(message, null)
    {
        Remaining = remaining;
        Disposition = WriteDisposition.NotApplied;
    }

    /// <summary>The session's token, clipped to the point up to which the histories agree.</summary>
    public SessionToken Remaining { get; }
}

/// <summary>The store refused or failed; the driver's own error is inside.</summary>
public sealed class StoreFailureException : DataTierException
{
    /// <summary>Makes the error.</summary>
    public StoreFailureException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The store's own code, such as an SQLSTATE, if it gave one.</summary>
    public string? Code { get; init; }
}
