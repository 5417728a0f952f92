namespace WebsiteBuilder.Data.RealTime;

/// <summary>
/// Whether what a node answered is enough for a session, going by what the session required when it asked: what it has written since needn't be there. Pure.
/// </summary>
internal static class KeyValueProof
{
    /// <summary>Whether a node has all that is required of some keys.</summary>
    public static bool Covers(SessionToken required, ShardId shard, KeyValueHead head, ReadOnlySpan<uint> hashes)
    {
        foreach (var floor in required.Floors)
        {
            if (floor.Shard == shard && !Covers(floor, head, hashes))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>That the primary has all that is required of any key: what it hasn't, nobody will ever have.</summary>
    /// <exception cref="SessionHistoryLostException">It hasn't.</exception>
    public static void Require(SessionToken required, ShardId shard, KeyValueHead head)
    {
        foreach (var floor in required.Floors)
        {
            if (floor.Shard == shard && floor.Highest > (EndOf(floor, head) ?? 0))
            {
                throw Lost(required, shard, head);
            }
        }
    }

    private static bool Covers(SessionFloor floor, KeyValueHead head, ReadOnlySpan<uint> hashes)
    {
        var end = EndOf(floor, head) ?? 0;
        if (floor.Floor > end)
        {
            return false;
        }

        foreach (var hash in hashes)
        {
            if (floor.RequiredFor(hash) > end)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Up to where the node has what a floor's history has; null if it doesn't know that history.</summary>
    private static ulong? EndOf(SessionFloor floor, KeyValueHead head) =>
        head.History?.SharedWith(floor.History) is { } shared ? Math.Min(shared, head.Clock) : null;

    private static SessionHistoryLostException Lost(SessionToken required, ShardId shard, KeyValueHead head)
    {
        var remaining = required;
        foreach (var floor in required.Floors)
        {
            remaining = floor.Shard == shard ? remaining.Without(shard, floor.History) : remaining;
        }

        foreach (var floor in required.Floors)
        {
            if (floor.Shard == shard && EndOf(floor, head) is { } end)
            {
                var clipped = floor.ClippedTo(end, head.History!.Id);
                remaining = remaining.With(remaining.Find(shard, head.History.Id)?.Merge(clipped) ?? clipped);
            }
        }

        return new SessionHistoryLostException(
            "Something that this session wrote or saw is not at the primary: a failover lost it, or the primary that answered was cut off and replaced. Continue with a session opened from Remaining; what was lost has to be done again.",
            remaining)
        {
            Shard = shard,
        };
    }
}
