using System.Globalization;

namespace WebsiteBuilder.Data.Stores.PostgreSql;

/// <summary>What one batch saw on a primary, in this order.</summary>
/// <param name="Position">A flushed position.</param>
/// <param name="Holders">The transactions that held the lock of their id: whoever committed up to the position and isn't visible is among them.</param>
/// <param name="Idle">Those that were idle, so had not begun to commit.</param>
/// <param name="Snapshot">What was in progress, as the server writes it: <c>xmin:xmax:xip,…</c>. The batch's reads follow.</param>
internal sealed record VisibilityProof(ulong Position, IReadOnlyCollection<uint> Holders, IReadOnlyCollection<uint> Idle, string Snapshot);

/// <summary>What was known when a read was sent.</summary>
/// <param name="History">The history that the rest is about.</param>
/// <param name="Proven">What was proven to be visible.</param>
/// <param name="Opened">How many proofs had been opened.</param>
internal readonly record struct VisibilityMark(HistoryId History, ulong Proven, long Opened)
{
    /// <summary>What a read that brings no proof of its own is sure to show.</summary>
    public ulong ProvenOn(HistoryId history) => history == History ? Proven : 0;
}

/// <summary>
/// Proofs that a primary shows what its log holds. A commit is flushed first and visible later: while it waits for a synchronous standby, a
/// replica shows it and the primary doesn't. So a flushed position counts as visible only once every transaction that held its id's lock
/// just after is finished in a later snapshot. Thread-safe.
/// </summary>
/// <remarks>
/// Answers arrive in any order, and a read whose answer comes late has looked early. So a read is credited only with what was proven when
/// it was sent, and with what its own snapshot shows of proofs that were opened by then.
/// </remarks>
internal sealed class VisibilityLedger
{
    private const int MaxOpen = 32;

    private readonly Lock _lock = new();
    private readonly List<OpenProof> _open = [];
    private HistoryId _history;
    private ulong _proven;
    private long _opened;

    private sealed record OpenProof(ulong Position, HashSet<uint> Holders, long Number)
    {
        public bool IsClosedIn(Snapshot inProgress) => !Holders.Any(inProgress.Contains);
    }

    /// <summary>Take it before a read is sent.</summary>
    public VisibilityMark Mark()
    {
        lock (_lock)
        {
            return new VisibilityMark(_history, _proven, _opened);
        }
    }

    /// <summary>Notes what a read's batch saw before it read; says up to where the read is sure to show the log.</summary>
    public ulong Prove(VisibilityMark sent, HistoryId history, VisibilityProof proof)
    {
        var inProgress = Snapshot.Parse(proof.Snapshot);
        var own = new OpenProof(proof.Position, [.. proof.Holders.Except(proof.Idle)], 0);
        var covered = own.IsClosedIn(inProgress) ? Math.Max(proof.Position, sent.ProvenOn(history)) : sent.ProvenOn(history);
        lock (_lock)
        {
            Open(history, own);
            foreach (var open in _open)
            {
                if (open.Position <= proof.Position)
                {
                    // Seen idle after this was flushed, so none of those holds its commit.
                    open.Holders.ExceptWith(proof.Idle);
                }

                if (open.IsClosedIn(inProgress))
                {
                    _proven = Math.Max(_proven, open.Position);
                    covered = open.Number <= sent.Opened ? Math.Max(covered, open.Position) : covered;
                }
            }

            _open.RemoveAll(open => open.Position <= _proven);
        }

        return covered;
    }

    private void Open(HistoryId history, OpenProof proof)
    {
        if (history != _history)
        {
            _history = history;
            _proven = 0;
            _open.Clear();
        }

        if (proof.Position > _proven)
        {
            _open.Add(proof with { Number = ++_opened });
            if (_open.Count > MaxOpen)
            {
                _open.RemoveAt(0);
            }
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
