using WebsiteBuilder.Data.Sessions;

namespace WebsiteBuilder.Data.RealTime;

/// <summary>What one node answered of one partition.</summary>
/// <param name="IsPrimary">Whether it said that it is the primary.</param>
/// <param name="Head">What it knows of the partition.</param>
/// <param name="Values">What the keys have there, nothing for those that have none.</param>
/// <param name="Reason">Why it was this node.</param>
internal sealed record KeyValueAnswer(bool IsPrimary, KeyValueHead Head, RedisReply Values, RouteReason Reason);

/// <summary>Reads keys of one partition from whoever may answer.</summary>
internal sealed class KeyValueReads(RealTimeContext context, KeyValuePolicy policy, SessionState session)
{
    /// <param name="part">The partition.</param>
    /// <param name="keys">Keys of it.</param>
    /// <param name="hashes">Their hashes.</param>
    /// <param name="level">The level.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<KeyValueAnswer> ReadAsync(
        KeyPartition part, IReadOnlyList<string> keys, uint[] hashes, ConsistencyLevel level, TimeSpan timeout, CancellationToken cancellationToken)
    {
        RedisArgument[] names = [part.Head, .. keys.Select(part.Value)];
        if (level is ConsistencyLevel.Strong or ConsistencyLevel.BoundedStaleness || (level == ConsistencyLevel.Session && timeout < 2 * Shortest))
        {
            // The last of these: there is time for one node only.
            return await AtPrimaryAsync(part, names, RouteReason.PrimaryRequired, timeout, cancellationToken).ConfigureAwait(false);
        }

        var (start, required) = (context.Runtime.Now, session.Token);
        RouteReason reason;
        try
        {
            // A replica that hangs leaves time for the primary.
            var skew = level == ConsistencyLevel.Eventual ? TimeSpan.Zero : policy.MaxClockSkew;
            var answer = await AskAsync(names, RedisTarget.PreferReplica, skew, timeout / 2 > Shortest ? timeout / 2 : Shortest, cancellationToken).ConfigureAwait(false);
            if (level == ConsistencyLevel.Eventual)
            {
                return answer with { Reason = RouteReason.Nearest };
            }

            // A slot on its way through a cluster leaves its old replicas without keys, and replicas go by clocks of their own when keys end: what they
            // don't have there may be. What they have and the primary may have let end, they don't give.
            if ((answer.IsPrimary || HasAll(answer.Values)) && KeyValueProof.Covers(required, part.Shard, answer.Head, hashes))
            {
                return answer with { Reason = RouteReason.PositionProven };
            }

            reason = RouteReason.OtherBehind;
        }
        catch (RedisFaultException fault) when (fault.IsTransient)
        {
            reason = RouteReason.OtherFailed;
        }

        var left = timeout - (context.Runtime.Now - start);
        return await AtPrimaryAsync(part, names, reason, left > Shortest ? left : Shortest, cancellationToken).ConfigureAwait(false);
    }

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    private static bool HasAll(RedisReply values)
    {
        foreach (var value in values.Items)
        {
            if (value.IsNull)
            {
                return false;
            }
        }

        return true;
    }

    private async Task<KeyValueAnswer> AtPrimaryAsync(
        KeyPartition part, RedisArgument[] names, RouteReason reason, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // What the session writes while the answer is on its way needn't be in it.
        var required = session.Token;
        var answer = await AskAsync(names, RedisTarget.Primary, TimeSpan.Zero, timeout, cancellationToken).ConfigureAwait(false);
        KeyValueProof.Require(required, part.Shard, answer.Head);
        FollowHistory(part.Shard, answer.Head);
        return answer with { Reason = reason };
    }

    /// <summary>Brings what the session requires into the primary's history, so that it is still known after more promotions than are remembered.</summary>
    private void FollowHistory(ShardId shard, KeyValueHead head)
    {
        try
        {
            if (head.History is { } history)
            {
                session.RequirementFor(shard, history, keyHash: null);
            }
        }
        catch (UnknownHistoryException)
        {
            // The session has learned of a later one meanwhile.
        }
    }

    private async Task<KeyValueAnswer> AskAsync(RedisArgument[] names, RedisTarget target, TimeSpan skew, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var reply = await context.Channel.ExecuteAsync(
            KeyValueScripts.Read.Run(names, target == RedisTarget.Primary ? "1" : "0", Bounds.Milliseconds(skew)), new RedisCallOptions(target, timeout), cancellationToken).ConfigureAwait(false);
        var parts = reply.AsItems();
        return new KeyValueAnswer(
            string.Equals(parts[0].AsString(), "master", StringComparison.Ordinal),
            KeyValueHead.Read(parts[1].AsString()!, parts[2].AsString()!, parts[3].AsString()!),
            parts[4],
            RouteReason.None);
    }
}
