using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>How keys and values are laid out. All processes must have the same, for as long as the data is kept. Immutable.</summary>
public sealed record KeyValuePolicy
{
    /// <summary>16 partitions, shards from 0 on.</summary>
    public static KeyValuePolicy Default { get; } = new();

    /// <summary>
    /// Into how many parts the keys are divided, each with a hash slot and a clock of its own: 1 to 512. More of them spread better over a cluster and let one part's writes
    /// delay fewer reads of replicas; a session's token has an entry for each part that it has used. Default: 16.
    /// </summary>
    public int Partitions { get; init; } = 16;

    /// <summary>
    /// The first partition's shard number in session tokens; the others follow: 0 to 16,383, the last one included. Redis deployments whose versions meet in one token,
    /// such as those of several regions, need numbers of their own: <see cref="RealTimeRegions"/> refuses stores that share some. Default: 0.
    /// </summary>
    public int FirstShard { get; init; }

    /// <summary>
    /// By how much the clocks of a primary and its replicas may differ: 0 to 1 hour. A value that a replica would let end within that time, the primary may have let end already, so the primary is asked. All processes
    /// need not have the same. Default: 1 second.
    /// </summary>
    public TimeSpan MaxClockSkew { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether some shard number is another policy's, too.</summary>
    internal bool Overlaps(KeyValuePolicy other) => FirstShard < other.FirstShard + other.Partitions && other.FirstShard < FirstShard + Partitions;

    // The token of a session that has used some 900 partitions is too long to be written.
    internal void Require()
    {
        Bounds.Require(MaxClockSkew, TimeSpan.Zero, TimeSpan.FromHours(1), nameof(MaxClockSkew));
        Bounds.Require(Partitions, 1, 512, nameof(Partitions));
        Bounds.Require(FirstShard, 0, ShardId.MaxNumber - Partitions + 1, nameof(FirstShard));
    }
}
