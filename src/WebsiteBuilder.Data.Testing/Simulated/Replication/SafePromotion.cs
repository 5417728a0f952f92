namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>
/// Chooses whom to promote so that no write that was acknowledged by synchronous standbys is lost. Each of them is with at least k of the n standbys, so it is
/// with one at least of any n − k + 1; on one history whoever has received most has all of them.
/// </summary>
internal static class SafePromotion
{
    /// <summary>Chooses, under the shard's lock.</summary>
    /// <param name="standbys">Who counts.</param>
    /// <param name="nodes">All nodes of the shard.</param>
    /// <param name="primary">The primary whose writes must be kept.</param>
    /// <param name="choice">Whom to detach from that primary, and whom to promote then; the best first.</param>
    /// <param name="reason">Why it can't be done.</param>
    public static bool TryChoose(
        SynchronousStandbys standbys, IReadOnlyList<SimulatedNode> nodes, SimulatedNode primary, out List<SimulatedNode> choice, out string? reason)
    {
        choice = [];
        reason = null;
        if (!standbys.AnyFor(primary))
        {
            reason = "The shard has no synchronous standbys, so nobody is sure to have what was acknowledged.";
            return false;
        }

        var counted = 0;
        foreach (var node in nodes)
        {
            if (node == primary || !standbys.Includes(node))
            {
                continue;
            }

            counted++;
            if (node is { IsRunning: true, IsIsolated: false, IsPrimary: false, IsComplete: true } && node.Log == primary.Log)
            {
                choice.Add(node);
            }
        }

        var needed = counted - standbys.RequiredFor(primary) + 1;
        if (needed > counted)
        {
            // No commit could ever be acknowledged, so there is nothing to lose; but nobody to ask either.
            needed = counted;
        }

        if (choice.Count < Math.Max(needed, 1))
        {
            reason = $"{choice.Count} of the {counted} synchronous standbys can be reached on the primary's history, and {needed} are needed: "
                + "a write may have been acknowledged that only the others have.";
            return false;
        }

        // A stable order: of two that have received the same, the one that was added first.
        choice = [.. choice.OrderByDescending(static node => node.Replay.Received)];
        return true;
    }
}
