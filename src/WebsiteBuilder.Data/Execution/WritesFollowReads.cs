using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>Finds what a write must not be visible before.</summary>
internal static class WritesFollowReads
{
    /// <summary>Asked for each write. Nothing for one that waits for as much as any before, or whose author has seen nothing but what the primary shows.</summary>
    public static Following? Of(ShardEngine engine, SessionState session, ShardTopology topology, WriteDurability durability)
    {
        engine.Shard.NoteDurability(durability);
        var strongest = engine.Shard.Strongest;
        if (durability >= strongest || topology.History is not { } history)
        {
            return null;
        }

        var seen = Seen(engine.Shard.Definition.Id, session, topology.Primary, history);
        return seen == 0 ? null : new Following(seen, strongest);
    }

    private static ulong Seen(ShardId shard, SessionState session, int primary, LogHistory history)
    {
        // What a connection to a replica has shown meanwhile isn't known.
        if (session.Unsettled(shard).Any(exposure => exposure.Endpoint != primary))
        {
            return ulong.MaxValue;
        }

        try
        {
            return session.RequirementFor(shard, history, null).Primary;
        }
        catch (Exception exception) when (exception is UnknownHistoryException or SessionHistoryLostException)
        {
            // Learned since the write began. The session's next call says so.
            return ulong.MaxValue;
        }
    }
}
