using WebsiteBuilder.Data.RealTime;

namespace WebsiteBuilder.Data;

/// <summary>How keys and values are laid out. All processes must have the same, for as long as the data is kept. Immutable.</summary>
public sealed record KeyValuePolicy
{
    /// <summary>16 partitions, shards from 0 on.</summary>
    public static KeyValuePolicy Default { get; } = new();

    /// <summary>
    /// Into how many parts the keys are divided, each with a hash slot and a clock of its own: 1 to 1,024. More of them spread better over a cluster and let one part's writes
    /// delay fewer reads of replicas; a session's token has an entry for each part that it has used. Default: 16.
    /// </summary>
    public int Partitions { get; init; } = 16;

    /// <summary>
    /// The first partition's shard number in session tokens; the others follow: 0 to 16,383, the last one included. Redis deployments whose versions meet in one token,
    /// such as those of several regions, need numbers of their own. Default: 0.
    /// </summary>
    public int FirstShard { get; init; }

    internal void Require()
    {
        Bounds.Require(Partitions, 1, 1_024, nameof(Partitions));
        Bounds.Require(FirstShard, 0, ShardId.MaxNumber - Partitions + 1, nameof(FirstShard));
    }
}
