namespace WebsiteBuilder.Data.Clusters;

/// <summary>A drill that was really done: what was foretold, and what came. Immutable.</summary>
/// <param name="Foretold">What <see cref="DataDrill"/> had said just before.</param>
/// <param name="Shards">What came, each shard once, in the order of the topology.</param>
public sealed record DrillOutcome(DrillReport Foretold, IReadOnlyList<ShardDrillOutcome> Shards)
{
    /// <summary>
    /// How much longer ago than foretold the first lost write may have been acknowledged: what is foretold holds for the moment, and the region goes a moment later.
    /// </summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    /// <summary>Where it came otherwise, and worse, than foretold, in words. Empty if nowhere.</summary>
    public IReadOnlyList<string> Differences => [.. Foretold.Shards.Zip(Shards).SelectMany(static pair => Compare(pair.First, pair.Second))];

    private static IEnumerable<string> Compare(ShardDrill foretold, ShardDrillOutcome came)
    {
        if (foretold.LosesPrimary && foretold.RecoveryTimeAtMost is not null != came.Promoted is not null)
            yield return $"{came.Shard}: somebody was {(came.Promoted is null ? "not " : "")}promoted";
        if (foretold.KeepsConfirmedWrites && came.LostConfirmed > 0)
            yield return $"{came.Shard}: {came.LostConfirmed} confirmed writes were lost";
        if (came.RecoveryPoint > (foretold.RecoveryPoint ?? TimeSpan.MaxValue - Tolerance) + Tolerance)
            yield return $"{came.Shard}: writes of the last {came.RecoveryPoint} were lost, {foretold.RecoveryPoint} were foretold";
        if (foretold.RecoveryTimeAtMost is { } most && came.RecoveryTime is not { } took)
            yield return $"{came.Shard}: writes were not taken again within {most}";
        else if (came.RecoveryTime > foretold.RecoveryTimeAtMost)
            yield return $"{came.Shard}: writes were taken again after {came.RecoveryTime}, {foretold.RecoveryTimeAtMost} were foretold";
        if (foretold.Survives && came.ConfirmedAfter is null)
            yield return $"{came.Shard}: nothing was confirmed any more";
        else if (!foretold.ConfirmsAfterwards && came.ConfirmedAfter is not null)
            yield return $"{came.Shard}: writes were confirmed without enough standbys";
    }
}

/// <summary>What became of one shard when its region was gone. Immutable.</summary>
/// <param name="Shard">The shard's name, which is the cluster's.</param>
public sealed record ShardDrillOutcome(string Shard)
{
    /// <summary>Who was promoted; null if nobody was.</summary>
    public string? Promoted { get; init; }

    /// <summary>From the end of the region until a write was acknowledged again, whatever waits for standbys left out; null if none was.</summary>
    public TimeSpan? RecoveryTime { get; init; }

    /// <summary>The same until a write was confirmed by standbys; null if none was.</summary>
    public TimeSpan? ConfirmedAfter { get; init; }

    /// <summary>How many of the drill's own writes at <see cref="WriteDurability.Local"/> had been acknowledged and are gone.</summary>
    public int LostLocal { get; init; }

    /// <summary>How long before the end of the region the first of them had been acknowledged: the recovery point that was reached. Zero if none is gone.</summary>
    public TimeSpan RecoveryPoint { get; init; }

    /// <summary>How many of the drill's own writes at <see cref="WriteDurability.RemoteApply"/> had been acknowledged and are gone.</summary>
    public int LostConfirmed { get; init; }

    /// <summary>How many of its writes were acknowledged in all.</summary>
    public int Acknowledged { get; init; }
}
