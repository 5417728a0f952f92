namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Finds every read and write of a history that breaks a session guarantee. Pure, and safe to use from several threads.
/// </summary>
/// <remarks>
/// <para>
/// The guarantees are those of Terry et al. (1994). Read-your-writes and monotonic reads are about the session's own past; it includes, from
/// a merge on, the past of the merged session. Monotonic writes and writes-follow-reads are also about authors: whoever saw a write has to
/// see what its author had written and seen before, at whatever remove, as far as it is on the same shard.
/// </para>
/// <para>
/// Lost writes (<see cref="Observation.FirstLost"/>) count as later than all that survived. So a session that wrote or saw one and then gets
/// a surviving version of that key, without being told in between (<see cref="OperationKind.Forget"/>), breaks a guarantee. Authors hand on
/// only what survived. Order among lost versions is that of their numbers.
/// </para>
/// <para>The history is walked once along the clock: operations × keys in time, writes × keys in memory.</para>
/// </remarks>
public static class SessionJudge
{
    /// <summary>Judges a history.</summary>
    /// <param name="history">The operations, in any order; their times decide. Operations that failed and values of unknown origin are passed over.</param>
    /// <param name="lowest">
    /// Reads at a lower level neither bind nor are bound: <see cref="ConsistencyLevel.Session"/> for a workload that mixes levels. By default
    /// every read is judged, whatever it asked for.
    /// </param>
    /// <returns>The violations in the order of the clock: reads at their completion, writes at their invocation. Empty if there are none.</returns>
    public static IReadOnlyList<SessionViolation> Judge(IReadOnlyList<Operation> history, ConsistencyLevel lowest = ConsistencyLevel.Unspecified)
    {
        ArgumentNullException.ThrowIfNull(history);
        var walk = new SessionWalk(history, lowest);
        foreach (var moment in Moment.Of(history))
        {
            walk.Take(moment);
        }

        return walk.Violations;
    }
}
