namespace WebsiteBuilder.Data.Testing.Judging;

/// <summary>A promotion: where a branch of a shard's log leaves the one that it grew from.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Branch">The new branch; branches are numbered in the order of their making, from 0 for the first log.</param>
/// <param name="Parent">The branch that it leaves, a lower number.</param>
/// <param name="At">The switch point: what the parent held up to and including this position is the new branch's, too.</param>
public readonly record struct Fork(int Shard, int Branch, int Parent, long At);

/// <summary>A write in a shard's log.</summary>
/// <param name="Key">The key.</param>
/// <param name="Version">The version that it left behind, as <see cref="Observation"/> counts.</param>
/// <param name="Branch">The branch on which it was written.</param>
/// <param name="Position">Its place; positions grow along a branch, and go on growing along those that leave it.</param>
public readonly record struct LogEntry(int Key, long Version, int Branch, long Position);

/// <summary>
/// What the logs of a history's shards really held: which write is part of which branch, after any number of promotions. Immutable.
/// </summary>
public sealed class Branches
{
    private readonly Dictionary<(int Shard, int Branch), Fork> _forks;
    private readonly Dictionary<(int Key, long Version), LogEntry> _entries;

    /// <summary>Creates it.</summary>
    /// <param name="forks">The promotions, those that lost nothing included; in any order. Every branch but 0 needs one.</param>
    /// <param name="writes">The writes of all branches, those without an operation in the history included; in any order.</param>
    /// <exception cref="ArgumentException">Two forks make one branch, a parent isn't older than its branch, or two writes left one version.</exception>
    public Branches(IEnumerable<Fork> forks, IEnumerable<LogEntry> writes)
    {
        _forks = forks.ToDictionary(static fork => (fork.Shard, fork.Branch));
        _entries = writes.ToDictionary(static entry => (entry.Key, entry.Version));
        if (_forks.Values.Any(static fork => fork.Parent < 0 || fork.Parent >= fork.Branch))
        {
            throw new ArgumentException("A branch's parent has to be older than the branch.", nameof(forks));
        }
    }

    /// <summary>Whether some branch holds a version.</summary>
    /// <param name="key">The key.</param>
    /// <param name="version">The version.</param>
    /// <returns>True for 0, too: what was there at the beginning.</returns>
    public bool Hold(int key, long version) => version == 0 || _entries.ContainsKey((key, version));

    /// <summary>Whether a node on a branch can know of a version.</summary>
    /// <param name="shard">The shard that holds the key.</param>
    /// <param name="branch">The node's branch.</param>
    /// <param name="key">The key.</param>
    /// <param name="version">The version.</param>
    /// <returns>True if the branch, followed to its end, holds the write; also for a version that no log holds, of which nothing is known.</returns>
    public bool Contains(int shard, int branch, int key, long version) =>
        Find(key, version) is not { } entry || Contains(shard, branch, entry);

    internal bool Contains(int shard, int branch, LogEntry entry)
    {
        var limit = long.MaxValue;
        while (branch != entry.Branch)
        {
            if (!_forks.TryGetValue((shard, branch), out var fork))
            {
                return false;
            }

            limit = Math.Min(limit, fork.At);
            branch = fork.Parent;
        }

        return entry.Position <= limit;
    }

    internal LogEntry? Find(int key, long version) => _entries.TryGetValue((key, version), out var entry) ? entry : null;

    /// <summary>Entries of one branch between the same switch points share their fate, so whoever met one of them has met them all.</summary>
    internal int Segment(int shard, LogEntry entry)
    {
        var segment = 0;
        foreach (var fork in _forks.Values)
        {
            segment += fork.Shard == shard && fork.At < entry.Position ? 1 : 0;
        }

        return segment;
    }
}
