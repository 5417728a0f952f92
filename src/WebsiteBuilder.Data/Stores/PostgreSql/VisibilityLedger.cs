using System.Globalization;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>
/// Proofs that a primary shows what its log holds. A commit is flushed first and visible later: while it waits for a synchronous standby, a
/// replica shows it and the primary doesn't. So a flushed position counts as visible only once every transaction that held its id's lock
/// just after is finished in a later snapshot. Thread-safe.
/// </summary>
internal sealed class VisibilityLedger
{
    private const int MaxOpen = 32;

    private readonly Lock _lock = new();
    private readonly List<OpenProof> _open = [];
    private HistoryId _history;
    private ulong _proven;

    private sealed record OpenProof(ulong Position, HashSet<uint> Holders);

    /// <summary>The highest position proven to be visible on a history.</summary>
    public ulong ProvenOn(HistoryId history)
    {
        lock (_lock)
        {
            return history == _history ? _proven : 0;
        }
    }

    /// <summary>Notes that a position was flushed, and who might still have to become visible.</summary>
    public void Opened(HistoryId history, ulong position, IEnumerable<uint> holders)
    {
        lock (_lock)
        {
            if (history != _history)
            {
                _history = history;
                _proven = 0;
                _open.Clear();
            }

            if (position > _proven)
            {
                _open.Add(new OpenProof(position, [.. holders]));
                if (_open.Count > MaxOpen)
                {
                    _open.RemoveAt(0);
                }
            }
        }
    }

    /// <summary>Notes transactions that were seen idle after the positions were flushed: none of those holds their commit.</summary>
    public void SawIdle(IReadOnlyCollection<uint> idle)
    {
        lock (_lock)
        {
            foreach (var proof in _open)
            {
                proof.Holders.ExceptWith(idle);
            }
        }
    }

    /// <summary>Closes the proofs whose transactions are all finished in a snapshot that was taken after they were opened.</summary>
    /// <param name="history">The history.</param>
    /// <param name="snapshot">As the server writes it: <c>xmin:xmax:xip,…</c>.</param>
    public void Finished(HistoryId history, string snapshot)
    {
        var inProgress = Snapshot.Parse(snapshot);
        lock (_lock)
        {
            if (history != _history)
            {
                return;
            }

            foreach (var proof in _open)
            {
                if (proof.Position > _proven && !proof.Holders.Any(inProgress.Contains))
                {
                    _proven = proof.Position;
                }
            }

            _open.RemoveAll(proof => proof.Position <= _proven);
        }
    }

    /// <summary>Locks name transactions by 32 bits, snapshots by 64; they are compared by the lower half.</summary>
    private sealed record Snapshot(uint Next, HashSet<uint> Running)
    {
        public static Snapshot Parse(string text)
        {
            var parts = text.Split(':');
            return new Snapshot(
                Low(parts[1]), parts[2].Length == 0 ? [] : [.. parts[2].Split(',').Select(Low)]);
        }

        /// <summary>Not yet finished: running, or begun after the snapshot. Ids wrap around, so "after" means within half of the circle.</summary>
        public bool Contains(uint id) => Running.Contains(id) || (int)(id - Next) >= 0;

        private static uint Low(string text) => (uint)ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
