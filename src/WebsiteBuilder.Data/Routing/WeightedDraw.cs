using WebsiteBuilder.Data.Health;

namespace WebsiteBuilder.Data.Routing;

/// <summary>
/// The power of two choices (Mitzenmacher 2001) with weights: two endpoints are drawn, each with a chance in proportion to its weight, and the one
/// wins that has fewer operations in flight for its weight.
/// </summary>
internal static class WeightedDraw
{
    public static int Pick(LiveShard shard, ReadOnlySpan<int> members, uint random)
    {
        if (members.Length == 1)
        {
            return members[0];
        }

        var total = 0u;
        foreach (var member in members)
        {
            total += Weight(shard, member);
        }

        if (total == members.Length)
        {
            // All weigh the same: a place in the circle is a member.
            var (one, steps) = ((int)(random % total), (int)(random / total % (total - 1)));
            var other = one + 1 + steps;
            other = other < members.Length ? other : other - members.Length;
            return IsIdler(shard, members[other], members[one]) ? members[other] : members[one];
        }

        var first = At(shard, members, 0, random % total);
        var others = total - Weight(shard, members[first]);
        var second = At(shard, members, first + 1, random / total % others);
        return IsIdler(shard, members[second], members[first]) ? members[second] : members[first];
    }

    /// <summary>The member on which a stretch of that length ends, when the weights are laid end to end in a circle.</summary>
    private static int At(LiveShard shard, ReadOnlySpan<int> members, int start, uint length)
    {
        var at = start % members.Length;
        while (length >= Weight(shard, members[at]))
        {
            length -= Weight(shard, members[at]);
            at = (at + 1) % members.Length;
        }

        return at;
    }

    private static bool IsIdler(LiveShard shard, int one, int other) =>
        (long)shard.Nodes[one].Vitals.InFlight * Weight(shard, other) < (long)shard.Nodes[other].Vitals.InFlight * Weight(shard, one);

    // Drained nodes rank behind all others. Where they are drawn from, nothing else is left, and they share alike.
    private static uint Weight(LiveShard shard, int endpoint) => Math.Max(1, (uint)shard.Definition.Endpoints[endpoint].Weight);
}
