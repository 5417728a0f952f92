namespace WebsiteBuilder.Data;

/// <summary>What a bulk insert asks for. Immutable.</summary>
public sealed record BulkOptions
{
    /// <summary>The most rows of a batch.</summary>
    public const int MaxBatchSize = 100_000;

    /// <summary>The rows of a batch, unless something else is said.</summary>
    public const int DefaultBatchSize = 10_000;

    /// <summary>
    /// The rows of a batch, 1 to 100,000. Each batch is one transaction, and up to one for each shard is held in memory. Default: 10,000.
    /// </summary>
    public int BatchSize { get; init; } = DefaultBatchSize;

    /// <summary>How durable each batch should be before it is acknowledged. Default: the policy's, then the client's, <see cref="WriteDurability.RemoteFlush"/>.</summary>
    public WriteDurability? Durability { get; init; }

    /// <summary>The longest time that one batch may take, waiting for a primary included: above 0, up to 1 hour. Default: the client's, 10 s.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// A name for the whole insert, 1 to 128 characters: the same entities in the same order with the same <see cref="BatchSize"/> sent again under the same name, by any process,
    /// are inserted once; batches that are in already are passed over, and counted. Remembered for 24 hours, by each shard for its own batches. A batch with other values
    /// under the same name is refused with <see cref="ConflictKind.IdempotencyKeyReused"/>. Choose it at random. Default: none.
    /// </summary>
    public string? IdempotencyKey { get; init; }
}

/// <summary>A bulk insert that is done.</summary>
/// <param name="Rows">How many rows are in.</param>
/// <param name="Batches">How many batches they came in.</param>
/// <param name="Reached">The lowest durability that a batch reached; <see cref="WriteDurability.Unspecified"/> if there was none.</param>
public readonly record struct BulkResult(long Rows, int Batches, WriteDurability Reached);
