using WebsiteBuilder.Data.Stores;

namespace WebsiteBuilder.Data.Testing.Simulated;

/// <summary>What a primary may say of a commit: whether the standbys that it must wait for have it, how durable it is, and where it stands. Used under the shard's lock.</summary>
internal sealed class Confirmation(IReadOnlyList<SimulatedNode> nodes)
{
    /// <summary>Whom commits wait for.</summary>
    public SynchronousStandbys Standbys { get; set; } = SynchronousStandbys.None;

    /// <summary>Whether a node's acknowledgements matter.</summary>
    public bool Counts(SimulatedNode node) => Standbys.Includes(node);

    /// <summary>Whether the standbys that a write must wait for have it, as far as the primary knows.</summary>
    public bool IsComplete(SimulatedNode primary, LogRecord record, WriteDurability durability) =>
        durability < WriteDurability.RemoteWrite || !Standbys.AnyFor(primary)
        || Standbys.Have(nodes, primary, record.End, durability == WriteDurability.RemoteApply);

    /// <summary>Whether something that somebody has seen at a replica may still wait for standbys, as far as the primary knows.</summary>
    public bool MayWait(SimulatedNode primary, Following follows, TimeSpan now) =>
        Standbys.AnyFor(primary) && primary.Pending.HasOneSince(now - follows.SeenFor)
        && Standbys.ReportedByRequired(nodes, primary, follows.Instead == WriteDurability.RemoteApply) < Math.Min(follows.Seen, primary.Log.Flushed);

    /// <summary>What a write reaches: without synchronous standbys, the primary's own disk at most.</summary>
    public WriteDurability Reached(SimulatedNode primary, WriteDurability asked) =>
        asked > WriteDurability.Local && !Standbys.AnyFor(primary) ? WriteDurability.Local : asked;

    /// <summary>
    /// Where a write is told to be, which is behind it: where the log stands on disk after the commit; what the required standbys have reported, if that is
    /// lower and behind the write; for a write that isn't on disk yet, where the log stands.
    /// </summary>
    public ulong PositionOf(SimulatedNode primary, ulong before, WriteDurability reached)
    {
        if (reached == WriteDurability.Off)
        {
            return primary.Log.End;
        }

        var flushed = primary.Log.Flushed;
        var reported = reached < WriteDurability.RemoteWrite
            ? 0
            : Standbys.ReportedByRequired(nodes, primary, reached == WriteDurability.RemoteApply);
        return reported > before && reported < flushed ? reported : flushed;
    }
}
