namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>
/// Finds reads that are older than they may be. The promise is: everything acknowledged at least that long before the answer arrived is in
/// it, so the bound counts back from the arrival, and a write counts from the moment at which its caller knew of it. Pure.
/// </summary>
/// <remarks>
/// Writes at <see cref="WriteDurability.Off"/> are not counted as acknowledged, and lost ones are not demanded: who may miss those, and who
/// must be told, is for <see cref="DurabilityJudge"/> and <see cref="LostHistoryJudge"/>.
/// </remarks>
public static class StalenessJudge
{
    /// <summary>Judges the reads at bounded staleness by the bound.</summary>
    /// <param name="history">The operations, in any order.</param>
    /// <param name="bound">The greatest age allowed, at least zero.</param>
    /// <returns>The stale reads in the order of the history.</returns>
    public static IReadOnlyList<StaleRead> JudgeBound(IReadOnlyList<Operation> history, TimeSpan bound) =>
        Judge(history, read => read.Level == ConsistencyLevel.BoundedStaleness ? bound : null);

    /// <summary>Judges the reads at bounded staleness by the bound that each asked for.</summary>
    /// <param name="history">The operations, in any order. Reads without <see cref="Operation.MaxStaleness"/> are passed over.</param>
    /// <returns>The stale reads in the order of the history.</returns>
    public static IReadOnlyList<StaleRead> JudgeBounds(IReadOnlyList<Operation> history) =>
        Judge(history, static read => read.Level == ConsistencyLevel.BoundedStaleness ? read.MaxStaleness : null);

    /// <summary>Judges every read, whatever its level, by the age that its answer claimed.</summary>
    /// <param name="history">The operations, in any order.</param>
    /// <returns>The reads that are older than they claimed, in the order of the history.</returns>
    public static IReadOnlyList<StaleRead> JudgeClaims(IReadOnlyList<Operation> history) => Judge(history, static read => read.Age);

    private static List<StaleRead> Judge(IReadOnlyList<Operation> history, Func<Operation, TimeSpan?> allowed)
    {
        ArgumentNullException.ThrowIfNull(history);
        var acknowledged = history
            .Where(static operation => operation is { Kind: OperationKind.Write, Acknowledged: true, Succeeded: true, Observations.Count: > 0 }
                && operation.Reached != WriteDurability.Off && !Observation.IsLost(operation.Observations[0].Versions[0]))
            .GroupBy(static write => write.Observations[0].Key)
            .ToDictionary(static group => group.Key, static group => new Acknowledged(group));
        var found = new List<StaleRead>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].Kind != OperationKind.Read || !history[i].Succeeded || allowed(history[i]) is not { } limit)
            {
                continue;
            }

            foreach (var seen in history[i].Observations)
            {
                if (seen.IsKnown && acknowledged.TryGetValue(seen.Key, out var writes) && writes.Before(history[i].Arrived - limit) is var required
                    && seen.Versions[^1] < required)
                {
                    var missed = history[i].Arrived - writes.FirstAbove(seen.Versions[^1]);
                    found.Add(Found(i, history[i], seen, required, limit, missed));
                }
            }
        }

        return found;
    }

    private static StaleRead Found(int index, Operation read, Observation seen, long required, TimeSpan limit, TimeSpan missed) => new()
    {
        Judge = nameof(StalenessJudge),
        Operation = index,
        Key = seen.Key,
        Version = seen.Versions[^1],
        Required = required,
        Missed = missed,
        Explanation = $"session {Wording.Number(read.Session)} gets version {Wording.Version(seen.Versions[^1])} of key {Wording.Number(seen.Key)} "
            + $"at {Wording.Time(read.Arrived)}, which misses what was acknowledged {Wording.Time(missed)} before; at most {Wording.Time(limit)} may be missed",
    };

    /// <summary>The acknowledged writes of one key in the order of their acknowledgement, with the highest version so far.</summary>
    private sealed class Acknowledged
    {
        private readonly TimeSpan[] _at;
        private readonly long[] _highest;

        public Acknowledged(IEnumerable<Operation> writes)
        {
            var ordered = writes.OrderBy(static write => write.Completed).ToArray();
            _at = [.. ordered.Select(static write => write.Completed)];
            _highest = [.. ordered.Select(static write => write.Observations[0].Versions[0])];
            for (var i = 1; i < _highest.Length; i++)
            {
                _highest[i] = Math.Max(_highest[i], _highest[i - 1]);
            }
        }

        /// <summary>The highest version that was acknowledged up to a moment; 0 for none.</summary>
        public long Before(TimeSpan moment)
        {
            int low = 0, high = _at.Length;
            while (low < high)
            {
                var middle = (low + high) / 2;
                if (_at[middle] <= moment)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low == 0 ? 0 : _highest[low - 1];
        }

        public TimeSpan FirstAbove(long version) => _at[Array.FindIndex(_highest, highest => highest > version)];
    }
}
