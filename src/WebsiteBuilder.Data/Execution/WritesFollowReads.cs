using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>Finds what a write must not be visible before.</summary>
internal static class WritesFollowReads
{
    /// <summary>Asked for each write, and notes what it waits for. Nothing for one that waits for as much as any before, or whose author has seen nothing but what the primary shows.</summary>
    public static Following? Of(ShardEngine engine, SessionState session, ShardTopology topology, WriteDurability durability)
    {
        engine.Shard.NoteDurability(durability);
        return durability >= engine.Shard.Strongest ? null : Of(engine, session, topology);
    }

    /// <summary>The same where the durability isn't known, because users may have set another one.</summary>
    public static Following? Of(ShardEngine engine, SessionState session, ShardTopology topology)
    {
        var shard = engine.Shard;
        if (topology.History is not { } history)
        {
            return null;
        }

        var seen = Seen(shard.Definition.Id, session, topology.Primary, history);

        // A node shows all that it had replayed before it was promoted.
        return seen <= history.Start ? null : new Following(seen, engine.Runtime.Now - (shard.Samples.HeardAt(seen) ?? engine.Runtime.Now), shard.Strongest);
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
