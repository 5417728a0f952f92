using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Chaos;

/// <summary>One call as a worker saw it.</summary>
internal sealed record ChaosCall
{
    public required int Session { get; init; }

    public required int Process { get; init; }

    public required OperationKind Kind { get; init; }

    public IReadOnlyList<int> Keys { get; init; } = [];

    /// <summary>The values that were found, in the order of the keys, null for no row; of a write its number.</summary>
    public IReadOnlyList<long?> Values { get; init; } = [];

    public ConsistencyLevel Level { get; init; }

    public TimeSpan? MaxStaleness { get; init; }

    public WriteDurability Asked { get; init; }

    public WriteDurability Reached { get; init; }

    public TimeSpan Invoked { get; init; }

    public TimeSpan? Arrived { get; init; }

    public TimeSpan Completed { get; init; }

    public string? Endpoint { get; init; }

    public TimeSpan? Age { get; init; }

    public SessionToken Before { get; init; }

    public SessionToken After { get; init; }

    public Exception? Error { get; init; }

    /// <summary>Whether all faults were mended when it began.</summary>
    public bool IsHealed { get; init; }

    public bool IsAcknowledgedWrite => Kind == OperationKind.Write && Error is null;

    public TimeSpan Took => Completed - Invoked;

    public string Outcome => Error switch
    {
        null => "ok",
        ConflictException conflict => $"{nameof(ConflictException)}:{conflict.Kind}",
        DataTierException error when Kind == OperationKind.Write => $"{error.GetType().Name}:{error.Disposition}",
        var other => other.GetType().Name,
    };
}
