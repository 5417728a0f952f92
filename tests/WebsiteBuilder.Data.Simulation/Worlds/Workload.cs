using WebsiteBuilder.Data.Simulation.Scripts;

namespace WebsiteBuilder.Data.Simulation.Worlds;

/// <summary>What applications do in a world. Weights count against each other.</summary>
internal sealed record Workload
{
    public int Workers { get; init; } = 16;

    /// <summary>Pairs of workers, from the last on, that share one session, so that its operations overlap.</summary>
    public int SharedPairs { get; init; } = 2;

    /// <summary>Keys of each shard.</summary>
    public int Keys { get; init; } = 24;

    /// <summary>Of all workers.</summary>
    public int Steps { get; init; } = 2_000;

    /// <summary>The mean time between two steps of a worker.</summary>
    public TimeSpan Think { get; init; } = TimeSpan.FromMilliseconds(180);

    /// <summary>Steps begin at multiples of this, so that many begin at once; null for whenever a worker is ready.</summary>
    public TimeSpan? Beat { get; init; }

    public IReadOnlyList<(StepKind Kind, int Weight)> Kinds { get; init; } =
    [
        (StepKind.Find, 45),
        (StepKind.FindMany, 10),
        (StepKind.Query, 3),
        (StepKind.Upsert, 18),
        (StepKind.Insert, 2),
        (StepKind.Delete, 3),
        (StepKind.ReadAndUpdate, 10),
        (StepKind.Merge, 4),
        (StepKind.HandOver, 4),
        (StepKind.Open, 1),
    ];

    public IReadOnlyList<(ConsistencyLevel Level, int Weight)> Levels { get; init; } =
    [
        (ConsistencyLevel.Session, 70),
        (ConsistencyLevel.BoundedStaleness, 12),
        (ConsistencyLevel.Eventual, 10),
        (ConsistencyLevel.Strong, 8),
    ];

    public IReadOnlyList<(WriteDurability Durability, int Weight)> Durabilities { get; init; } =
        [(WriteDurability.RemoteFlush, 70), (WriteDurability.Local, 20), (WriteDurability.RemoteApply, 10)];

    /// <summary>The share of upserts under an idempotency key. Half of them are sent again soon, as they were or, now and then, with another value.</summary>
    public double IdempotencyKeys { get; init; }

    /// <summary>After which time one worker of four gives up its strong reads when all faults are healed; null for never.</summary>
    public TimeSpan? PatienceAtPeace { get; init; }

    /// <summary>The share of upserts that leave a row behind which can't be made an item.</summary>
    public double Unreadable { get; init; }

    /// <summary>The share of strong reads that ask for a barrier.</summary>
    public double Barriers { get; init; }

    /// <summary>The share of reads that ask for one region.</summary>
    public double RegionRequests { get; init; } = 0.02;

    /// <summary>The share of calls that are given up.</summary>
    public double GivingUp { get; init; } = 0.02;

    /// <summary>The share of calls with little time.</summary>
    public double ShortDeadlines { get; init; } = 0.03;
}
