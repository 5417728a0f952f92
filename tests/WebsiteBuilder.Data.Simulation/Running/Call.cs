using WebsiteBuilder.Data.Simulation.Scripts;
using WebsiteBuilder.Data.Testing.Judging;

namespace WebsiteBuilder.Data.Simulation.Running;

/// <summary>One call of the application, as it saw it.</summary>
internal sealed record Call
{
    public required Step Step { get; init; }

    public required OperationKind Kind { get; init; }

    public required int Session { get; init; }

    public required int Process { get; init; }

    public int Other { get; init; } = -1;

    public int Shard { get; init; }

    public IReadOnlyList<int> Keys { get; init; } = [];

    /// <summary>What was read of each key, null for nothing; or what was written, null for a delete.</summary>
    public IReadOnlyList<long?> Values { get; init; } = [];

    /// <summary>Whose rows came, or failed to be read.</summary>
    public IReadOnlyList<int> Told { get; init; } = [];

    public required TimeSpan Invoked { get; init; }

    public TimeSpan Completed { get; init; }

    public TimeSpan? CancelledAt { get; init; }

    public bool WasCancelled { get; init; }

    public string? Endpoint { get; init; }

    public AnswerSource Source { get; init; }

    public TimeSpan? Age { get; init; }

    public RouteReason Reason { get; init; }

    public WriteDurability Reached { get; init; }

    /// <summary>The branch that the answering node was on, before the call and after it; null if that changed.</summary>
    public int? Branch { get; init; }

    public Exception? Error { get; init; }

    public bool Succeeded => Error is null && !WasCancelled;

    /// <summary>Whether the store answered: a refusal of what contradicts the store is an answer.</summary>
    public bool Answered => Succeeded || Error is ConflictException { Kind: not ConflictKind.Serialization } or UnreadableItemException;
}
