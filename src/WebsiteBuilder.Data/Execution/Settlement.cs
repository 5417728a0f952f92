using WebsiteBuilder.Data.Health;
using WebsiteBuilder.Data.Sessions;
using WebsiteBuilder.Data.Stores;
using WebsiteBuilder.Data.Topology;

namespace WebsiteBuilder.Data.Execution;

/// <summary>
/// Brings what connections have shown into their session's floors, before the session relies on these. The node that showed it is asked
/// where it stands now, which bounds all that it showed before. If it is gone, the primary's log bounds what any node of the history
/// has shown.
/// </summary>
internal static class Settlement
{
    /// <summary>False if something couldn't be settled this time.</summary>
    public static async ValueTask<bool> TryAsync(
        ShardEngine engine, SessionState session, ShardTopology topology, TimeSpan limit, CancellationToken cancellationToken)
    {
        foreach (var exposure in session.Unsettled(engine.Shard.Definition.Id))
        {
            if (!await TryAsync(engine, session, topology, exposure, limit, cancellationToken).ConfigureAwait(false))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes a node's answer that was asked for after <paramref name="mark"/> was taken; false if it says nothing of what was shown.</summary>
    public static bool Learn(
        ShardEngine engine, SessionState session, ShardTopology topology, Exposure exposure, in ReadStamp stamp, long mark)
    {
        if (stamp.History.IsNone && topology.History is null)
        {
            return false;
        }

        // On the history that the connection was opened on the answer holds, even if that history is left behind meanwhile: then the session
        // will be told what it lost.
        var isSame = !stamp.History.IsNone && stamp.History == exposure.History;
        if (!isSame && ReadVerification.Judge(stamp, exposure.Endpoint, ConsistencyLevel.Session, topology.History, Requirement.None) != ReadVerdict.Good)
        {
            return false;
        }

        session.SawRead(exposure.Shard, isSame ? exposure.History : topology.History!.Id, stamp, exposure.Endpoint, engine.Runtime.Now);
        exposure.SettledUpTo(mark);
        return true;
    }

    private static async ValueTask<bool> TryAsync(
        ShardEngine engine, SessionState session, ShardTopology topology, Exposure exposure, TimeSpan limit, CancellationToken cancellationToken)
    {
        var mark = exposure.Mark;
        var attempt = limit < engine.Attempts.AttemptTimeout ? limit : engine.Attempts.AttemptTimeout;
        if (await StampAsync(engine, exposure.Endpoint, attempt, cancellationToken).ConfigureAwait(false) is { } own
            && Learn(engine, session, topology, exposure, own, mark))
        {
            return true;
        }

        if (topology.Primary < 0 || topology.Primary == exposure.Endpoint
            || await StampAsync(engine, topology.Primary, attempt, cancellationToken).ConfigureAwait(false) is not { IsPrimary: true } primary
            || primary.History != topology.History!.Id)
        {
            return false;
        }

        // A replica may have shown what the primary doesn't show yet, so the primary must prove it, as after a replica's own answer.
        session.SawRead(
            exposure.Shard, primary.History, primary with { IsPrimary = false, Lo = primary.Hi }, topology.Primary, engine.Runtime.Now);
        exposure.SettledUpTo(mark);
        return true;
    }

    private static async ValueTask<ReadStamp?> StampAsync(ShardEngine engine, int endpoint, TimeSpan limit, CancellationToken cancellationToken)
    {
        var node = engine.Shard.Nodes[endpoint];
        if (limit <= TimeSpan.Zero)
        {
            return null;
        }

        node.Vitals.Began();
        try
        {
            var stamp = await engine.Runtime.WithinAsync(limit, node.Store, static (store, token) => store.StampAsync(default, token), cancellationToken).ConfigureAwait(false);
            engine.Monitor.Worked(node);
            return stamp;
        }
        catch (Exception exception) when (exception is StoreFaultException or TimeoutException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Failed(engine, node, exception);
            return null;
        }
        finally
        {
            node.Vitals.Ended();
        }
    }

    private static void Failed(ShardEngine engine, ShardNode node, Exception exception)
    {
        if (exception is StoreFaultException { BlamesNode: true })
        {
            engine.Monitor.Saw(node, worked: false);
        }
        else
        {
            engine.Monitor.ProbeNow();
        }
    }
}
