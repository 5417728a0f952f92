using System.Data;

namespace WebsiteBuilder.Data;

/// <summary>What one unit of work asks for. A <see langword="null"/> member means: the default.</summary>
public sealed record UnitOfWorkOptions
{
    /// <summary>How durable the commit should be. Default: the highest that a written entity's policy, or else the client, says.</summary>
    public WriteDurability? Durability { get; init; }

    /// <summary>
    /// A name for this unit of work, 1 to <see cref="WriteOptions.MaxIdempotencyKeyLength"/> characters: run again under the same name in the same shard, by any process, it is applied once. The body
    /// may run again, but what it stages is not applied again, and the call succeeds as the first did, also if the body throws now because of what the first one
    /// changed. Remembered for 24 hours; only success is. What the unit does isn't compared, because it may depend on what it reads: use a name for one purpose only. Default: none.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The longest time that the unit may take, the body included: above 0, up to 1 hour. Default: the client's, 10 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// What the reads of the transaction see: <see cref="IsolationLevel.ReadCommitted"/>, <see cref="IsolationLevel.RepeatableRead"/> (a snapshot) or <see cref="IsolationLevel.Serializable"/>. Any other is refused.
    /// Default: <see cref="IsolationLevel.ReadCommitted"/>.
    /// </summary>
    public IsolationLevel? Isolation { get; init; }

    /// <summary>
    /// Whether the body may run more than once: it does nothing but read, compute and stage. Then the unit is run again after a serialization failure or deadlock, and after a
    /// primary was lost before the commit was sent, to its deadline. Otherwise these end it (<see cref="ConflictKind.Serialization"/>, or a transient
    /// <see cref="StoreFailureException"/>), unless it has read nothing: then its staged writes are sent again after a lost connection, without the body. Default: false.
    /// </summary>
    public bool ReplaySafe { get; init; }
}
