namespace WebsiteBuilder.Data;

/// <summary>What is known about the effect of a failed operation.</summary>
public enum WriteDisposition
{
    /// <summary>It may or may not have been applied. The safe reading of anything unknown, hence zero.</summary>
    Ambiguous = 0,

    /// <summary>It surely had no effect; sending it again is safe.</summary>
    NotApplied = 1,

    /// <summary>It was applied, though something later failed.</summary>
    Applied = 2,
}

/// <summary>The root of everything that this library throws, callers' bugs, bad settings and cancellation excepted.</summary>
/// <remarks>Messages carry no host names, keys or values.</remarks>
public abstract class DataTierException : Exception
{
    private protected DataTierException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Whether the same call may succeed later with nothing changed by the caller. Says nothing on whether sending a write again is safe: see <see cref="Disposition"/>.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Whether the operation had an effect. For reads always <see cref="WriteDisposition.NotApplied"/>.</summary>
    public WriteDisposition Disposition { get; init; }

    /// <summary>When trying again makes sense, if that is known: for a name that somebody else is about to claim.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The region of the last node that was asked, if any.</summary>
    public RegionId Region { get; init; }

    /// <summary>The shard, if the operation had got that far.</summary>
    public ShardId? Shard { get; init; }

    /// <summary>The operation, such as <c>users.find</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>How many attempts were made, those included that found no connection.</summary>
    public int Attempts { get; init; }

    /// <summary>The store, if the operation had got that far.</summary>
    public StoreKind Store => Shard?.Store ?? StoreKind.Unspecified;
}
