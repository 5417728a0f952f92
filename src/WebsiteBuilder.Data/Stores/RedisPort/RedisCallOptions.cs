namespace WebsiteBuilder.Data;

/// <summary>Which node may answer a command.</summary>
public enum RedisTarget
{
    /// <summary>The primary, or the cluster's owner of the slot. The only one that takes writes.</summary>
    Primary = 0,

    /// <summary>
    /// A replica if one can be reached, else the primary. The answer doesn't say which: who must know asks for <see cref="Replica"/> first.
    /// </summary>
    PreferReplica = 1,

    /// <summary>A replica, however far it is behind; <see cref="RedisFaultKind.Unreachable"/> if there is none.</summary>
    Replica = 2,
}

/// <summary>How one command is to be served.</summary>
/// <param name="Target">Which node may answer. Default: the primary. Ignored for writes, which always go there.</param>
/// <param name="Timeout">How long to wait for the answer, redirections included: 1 ms to 1 hour. Default: null, the channel's own.</param>
public readonly record struct RedisCallOptions(RedisTarget Target = RedisTarget.Primary, TimeSpan? Timeout = null);

/// <summary>The answer to a write, and how far it has got.</summary>
/// <param name="Reply">The command's own answer.</param>
/// <param name="Replicas">How many replicas have confirmed it.</param>
public readonly record struct RedisReplicated(RedisReply Reply, int Replicas);
