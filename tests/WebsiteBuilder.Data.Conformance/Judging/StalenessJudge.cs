namespace WebsiteBuilder.Data.Conformance.Judging;

/// <summary>A read that doesn't show something that was acknowledged too long before its answer arrived.</summary>
/// <param name="Operation">The read's index.</param>
/// <param name="Key">The key.</param>
/// <param name="Version">What it showed.</param>
/// <param name="Required">What it had to show.</param>
/// <param name="Missed">How long before the answer the oldest version that it misses was acknowledged.</param>
public readonly record struct StaleRead(int Operation, int Key, long Version, long Required, TimeSpan Missed);

/// <summary>
/// Finds reads that are older than they may be. The promise is: everything acknowledged at least that long before the answer arrived is in
/// it, so the bound counts back from the arrival, and a write counts from the moment at which its caller knew of it. Pure.
/// </summary>
public static class StalenessJudge
{
    /// <summary>Judges the reads at bounded staleness by the bound.</summary>
    public static IReadOnlyList<StaleRead> JudgeBound(IReadOnlyList<Operation> history, TimeSpan bound) =>
        Judge(history, read => read.Level == ConsistencyLevel.BoundedStaleness ? bound : null);

    /// <summary>Judges every read, whatever its level, by the age that its answer claimed.</summary>
    public static IReadOnlyList<StaleRead> JudgeClaims(IReadOnlyList<Operation> history) => Judge(history, static read => read.Age);

    private static List<StaleRead> Judge(IReadOnlyList<Operation> history, Func<Operation, TimeSpan?> allowed)
    {
        var acknowledged = history
            .Where(static operation => operation.Kind == OperationKind.Write && operation.Acknowledged)
            .GroupBy(static write => write.Observations[0].Key)
            .ToDictionary(static group => group.Key, static group => new Acknowledged(group));
        var found = new List<StaleRead>();
        for (var i = 0; i < history.Count; i++)
        {
            if (history[i].Kind != OperationKind.Read || allowed(history[i]) is not { } limit)
            {
                continue;
            }

            foreach (var seen in history[i].Observations)
            {
                if (acknowledged.TryGetValue(seen.Key, out var writes) && writes.Before(history[i].Arrived - limit) is var required
                    && seen.Versions[^1] < required)
                {
                    var missed = history[i].Arrived - writes.FirstAbove(seen.Versions[^1]);
                    found.Add(new StaleRead(i, seen.Key, seen.Versions[^1], required, missed));
                }
            }
        }

        return found;
    }

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
