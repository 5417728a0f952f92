namespace WebsiteBuilder.Data.Stores;

/// <summary>How an operation ended, as its row says. The numbers are stored.</summary>
internal enum OperationOutcome
{
    /// <summary>There is no row.</summary>
    None = 0,

    /// <summary>It was applied.</summary>
    Applied = 1,

    /// <summary>Nothing had the key; nothing was applied.</summary>
    NotFound = 2,

    /// <summary>The stored version was another one; nothing was applied.</summary>
    VersionMismatch = 3,

    /// <summary>Somebody gave it up before it was applied, so that it can't be any more.</summary>
    Abandoned = 4,
}

/// <summary>What an idempotency key makes of a write. Neither number leads back to the key or the values.</summary>
/// <param name="Id">The same for the same key.</param>
/// <param name="Request">The same for the same request.</param>
internal readonly record struct KeyedOperation(Guid Id, Guid Request);

/// <summary>
/// The rows that a resolvable write leaves behind in its own transaction: one for this attempt, and one for its idempotency key. An attempt
/// can be abandoned without using up the key.
/// </summary>
/// <param name="Attempt">Never used before.</param>
/// <param name="Key">The key, if there is one.</param>
internal readonly record struct OperationRows(Guid Attempt, KeyedOperation? Key);

/// <summary>What stands under an operation's id.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Version">The version that it left behind, 0 if it learnt none.</param>
/// <param name="Request">What it asked for, under an idempotency key.</param>
/// <param name="Position">Whoever has it, has the operation.</param>
/// <param name="Reached">How durable the row is known to be.</param>
internal readonly record struct StoredOperation(OperationOutcome Outcome, long Version, Guid? Request, ulong Position, WriteDurability Reached)
{
    /// <inheritdoc cref="StoreWrite.Confirmed"/>
    public ulong Confirmed { get; init; } = Position;
}

/// <summary>How long operation rows are kept, and how they are swept.</summary>
/// <param name="Attempts">For rows of attempts: longer than any write goes on asking, or a late arrival could be applied.</param>
/// <param name="Keys">For rows of idempotency keys.</param>
/// <param name="BetweenRounds">From the beginning of one round to that of the next, over all clients.</param>
internal readonly record struct OperationRetention(TimeSpan Attempts, TimeSpan Keys, TimeSpan BetweenRounds);

/// <summary>An endpoint whose writes can leave an operation row, by which their outcome is found out later.</summary>
internal interface IOperationStore : IStoreEndpoint
{
    /// <summary>
    /// Finds out how an operation ended, at a primary of this history. The answer is as durable as the guard asks, and at least on the
    /// primary's disk, before it is given.
    /// </summary>
    /// <param name="id">The operation.</param>
    /// <param name="abandon">Whether to abandon it if it hasn't ended; it can't be applied any more then.</param>
    /// <param name="guard">The history and durability.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<StoredOperation> ResolveAsync(Guid id, bool abandon, WriteGuard guard, CancellationToken cancellationToken);

    /// <summary>Deletes some of the rows that are older than they need be; whether there is more to look at right now.</summary>
    Task<bool> SweepAsync(OperationRetention retention, CancellationToken cancellationToken);
}
