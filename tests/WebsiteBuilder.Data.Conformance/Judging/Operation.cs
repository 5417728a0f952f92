namespace WebsiteBuilder.Data.Conformance.Judging;

/// <summary>What an operation of a history does.</summary>
public enum OperationKind
{
    /// <summary>Sees versions of one key or several, in one snapshot.</summary>
    Read = 1,

    /// <summary>Leaves a version of one key behind.</summary>
    Write = 2,

    /// <summary>Makes the past of another session, as it stood at the invocation, part of the own past.</summary>
    Merge = 3,
}

/// <summary>
/// A version of a key, seen or written. Versions count the writes of a key in the order of the store, deletes included; 0 is what was there
/// at the beginning.
/// </summary>
/// <param name="Key">The key.</param>
/// <param name="Versions">
/// The version. A read that found nothing may have seen any delete, so it can name several, lowest first: the judge then believes whichever
/// speaks for the system.
/// </param>
public readonly record struct Observation(int Key, IReadOnlyList<long> Versions)
{
    public Observation(int key, long version)
        : this(key, [version])
    {
    }

    /// <summary>Whether it is known which version it was.</summary>
    public bool IsExact => Versions.Count == 1;
}

/// <summary>One operation of a history. Times are of one monotonic clock.</summary>
public sealed record Operation
{
    /// <summary>The session; one that is handed over to another process keeps its number.</summary>
    public required int Session { get; init; }

    /// <summary>The process that ran it.</summary>
    public int Process { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>What was seen; of a write the one version that it left behind.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>The session that a merge takes over from.</summary>
    public int Other { get; init; } = -1;

    public required TimeSpan Invoked { get; init; }

    /// <summary>When the caller went on. What a session did before an operation is what had completed when that one was invoked.</summary>
    public required TimeSpan Completed { get; init; }

    /// <summary>When the answer arrived at the client, which a busy machine's caller may notice late. Ages and bounds count back from here.</summary>
    public TimeSpan? Answered { get; init; }

    public ConsistencyLevel Level { get; init; }

    public string? Endpoint { get; init; }

    /// <summary>The age that the answer claimed.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>False for a write that was applied although its session never learned so: it binds nobody but its own readers.</summary>
    public bool Acknowledged { get; init; } = true;

    public TimeSpan Arrived => Answered ?? Completed;

    public override string ToString()
    {
        var what = string.Join(", ", Observations.Select(static seen => $"{seen.Key}@{string.Join('|', seen.Versions)}"));
        return Kind == OperationKind.Merge
            ? $"session {Session} merges {Other} at {Invoked.TotalMilliseconds:0.000} ms"
            : $"session {Session}, process {Process}: {Level} {Kind} of {what} from {Endpoint ?? "?"}, {Invoked.TotalMilliseconds:0.000} to {Completed.TotalMilliseconds:0.000} ms";
    }
}
