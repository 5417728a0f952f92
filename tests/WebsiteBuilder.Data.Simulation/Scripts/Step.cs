namespace WebsiteBuilder.Data.Simulation.Scripts;

/// <summary>What a worker does in one step.</summary>
internal enum StepKind
{
    Find = 1,
    FindMany = 2,
    Query = 3,
    Upsert = 4,
    Insert = 5,
    Delete = 6,

    /// <summary>Reads a row, and updates it if it still has the version that was read.</summary>
    ReadAndUpdate = 7,

    /// <summary>Takes over what another worker's session has seen, from its token's text.</summary>
    Merge = 8,

    /// <summary>Goes on in another process, with nothing but the token's text.</summary>
    HandOver = 9,

    /// <summary>Begins a new session.</summary>
    Open = 10,
}

/// <summary>One step of one worker. Everything that was drawn for it stands here, so that other steps can be left out without changing it.</summary>
internal sealed record Step
{
    /// <summary>Unique in its script.</summary>
    public required int Number { get; init; }

    /// <summary>What a write stores: the number of the step that wrote it first, negative for a row that can't be read.</summary>
    public int Value { get; init; }

    /// <summary>The number of the step that used a write's idempotency key first; null for a write without one.</summary>
    public int? IdempotencyKey { get; init; }

    public required int Worker { get; init; }

    public required StepKind Kind { get; init; }

    /// <summary>Time between the step before and this one.</summary>
    public TimeSpan Think { get; init; }

    public int Key { get; init; }

    /// <summary>How many neighbouring keys a read of many takes.</summary>
    public int Count { get; init; }

    public ConsistencyLevel Level { get; init; }

    public TimeSpan Bound { get; init; }

    public bool Barrier { get; init; }

    /// <summary>Of which process's region the answer must come; null for any.</summary>
    public int? OnlyRegionOf { get; init; }

    public WriteDurability Durability { get; init; }

    public TimeSpan Timeout { get; init; }

    /// <summary>After which time the caller gives up; null for never.</summary>
    public TimeSpan? GivesUpAfter { get; init; }

    /// <summary>The worker that a merge takes over from, or the process of a hand-over or a new session.</summary>
    public int Other { get; init; }

    /// <summary>Whether the step comes after all faults are healed, and so must succeed. Never left out.</summary>
    public bool Healed { get; init; }

    public override string ToString() => $"worker {Worker}: {Kind} #{Number}"
        + Kind switch
        {
            StepKind.Merge or StepKind.HandOver or StepKind.Open => $" {Other}",
            StepKind.FindMany or StepKind.Query => $" keys {Key}+{Count} at {Level}{(Barrier ? " behind a barrier" : "")}",
            StepKind.Find or StepKind.ReadAndUpdate => $" key {Key} at {Level}{(Barrier ? " behind a barrier" : "")}",
            _ => $" key {Key} at {Durability}{(IdempotencyKey is { } first ? $", {Value} under the key of #{first}" : "")}",
        };
}
