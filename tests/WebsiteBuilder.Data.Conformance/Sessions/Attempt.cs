using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Conformance.Sessions;

/// <summary>One call as a worker saw it.</summary>
public sealed record Attempt
{
    public required string Name { get; init; }

    public required int Session { get; init; }

    public required int Process { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>The keys that were asked for, or the one that was written.</summary>
    public IReadOnlyList<int> Keys { get; init; } = [];

    /// <summary>The values that were found, in the order of the keys; of a write its number. Null for nothing there, or deleted.</summary>
    public IReadOnlyList<long?> Values { get; init; } = [];

    public int Other { get; init; } = -1;

    public TimeSpan Invoked { get; init; }

    public TimeSpan? Arrived { get; init; }

    public TimeSpan Completed { get; init; }

    public string? Endpoint { get; init; }

    public AnswerSource Source { get; init; }

    public TimeSpan? Age { get; init; }

    public RouteReason Reason { get; init; }

    public Exception? Error { get; init; }
}
