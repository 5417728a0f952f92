using System.Text;

namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// One operation of a history, as its caller saw it, with versions told by whoever knows the store's log. Times are of one monotonic clock.
/// </summary>
/// <remarks>
/// An operation that failed (<see cref="Failure"/>) binds nobody. It has no observations, except of a write that was applied all the same:
/// that one names the version that it left behind, for those who read it.
/// </remarks>
public sealed record Operation
{
    /// <summary>The session; one that is handed over to another process keeps its number.</summary>
    public required int Session { get; init; }

    /// <summary>The process that ran it.</summary>
    public int Process { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>What was seen; of a write the one version that it left behind, none if it left none.</summary>
    public IReadOnlyList<Observation> Observations { get; init; } = [];

    /// <summary>The session that a merge takes over from.</summary>
    public int Other { get; init; } = -1;

    /// <summary>When the caller began.</summary>
    public required TimeSpan Invoked { get; init; }

    /// <summary>When the caller went on. What a session did before an operation is what had completed when that one was invoked.</summary>
    public required TimeSpan Completed { get; init; }

    /// <summary>When the answer arrived at the client, which a busy machine's caller may notice late. Ages and bounds count back from here.</summary>
    public TimeSpan? Answered { get; init; }

    /// <summary>What a read was asked to promise.</summary>
    public ConsistencyLevel Level { get; init; }

    /// <summary>The bound that a read at <see cref="ConsistencyLevel.BoundedStaleness"/> asked for; null where that isn't recorded.</summary>
    public TimeSpan? MaxStaleness { get; init; }

    /// <summary>The node that answered; null where that isn't known.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The age that the answer claimed.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>False for a write that was applied although its session never learned so: it binds nobody but its own readers.</summary>
    public bool Acknowledged { get; init; } = true;

    /// <summary>How far an acknowledged write was said to be durable.</summary>
    public WriteDurability Reached { get; init; }

    /// <summary>The time that the caller allowed; null for as long as it takes.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>When the caller gave up, even if the answer came all the same; null if it never did.</summary>
    public TimeSpan? CancelledAt { get; init; }

    /// <summary>Whether the operation ended with its caller's cancellation.</summary>
    public bool WasCancelled { get; init; }

    /// <summary>The name of the error that it ended with, such as <c>ConflictException</c>; null if it succeeded.</summary>
    public string? Failure { get; init; }

    /// <summary>What the error said of a write.</summary>
    public WriteDisposition Disposition { get; init; }

    /// <summary>The number of the shard that holds the keys, or whose history a <see cref="OperationKind.Forget"/> is about.</summary>
    public int Shard { get; init; }

    /// <summary>
    /// The branch of the shard's log that the answering node was on, 0 for the first; of a <see cref="OperationKind.Forget"/> the branch on
    /// which the session goes on. See <see cref="Branches"/>.
    /// </summary>
    public int History { get; init; }

    /// <summary>When the answer arrived, as far as known.</summary>
    public TimeSpan Arrived => Answered ?? Completed;

    /// <summary>Whether it did what it was to do, so that its session may build on it.</summary>
    public bool Succeeded => Failure is null && !WasCancelled;

    /// <summary>One line for humans.</summary>
    /// <returns>The line.</returns>
    public override string ToString()
    {
        var text = new StringBuilder($"{Wording.Interval(Invoked, Completed)}: session {Wording.Number(Session)}, process {Wording.Number(Process)}: ");
        text.Append(Kind switch
        {
            OperationKind.Merge => $"merges session {Wording.Number(Other)}",
            OperationKind.Forget => $"is told of lost writes of shard {Wording.Number(Shard)}",
            OperationKind.Write => "writes ",
            _ => $"reads at {Level} ",
        });
        if (Kind is not (OperationKind.Merge or OperationKind.Forget))
        {
            text.AppendJoin(", ", Observations);
            text.Append(Observations.Count == 0 ? "nothing" : "");
            text.Append($" at {Endpoint ?? "?"}, history {Wording.Number(History)}");
        }

        text.Append(Failure is null ? "" : $", fails: {Failure}");
        text.Append(Kind == OperationKind.Write && Failure is not null ? $" ({Disposition})" : "");
        text.Append(Kind == OperationKind.Write && Failure is null && !Acknowledged ? ", not acknowledged" : "");
        text.Append(CancelledAt is { } at ? $", given up at {Wording.Time(at)}" : "");
        return text.ToString();
    }
}
